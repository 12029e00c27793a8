"""Named histories, step by step, on both sides and from one side to the other.

``Move`` exchanges the cookies of both sides: visitors of the Flask application continue at the Quart application with
their cookies, and the other way around.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import compat
from benchmarks.comparison.signing import OLD_SECRET
from benchmarks.comparison.steps import RAW, SPOILS, Move, Restart, Spoil

from .loops import Loop, trio_loop
from .oracle import flask_login_as_documented
from .play import History, assert_alike, play
from .shared_sessions import SharedSessions, shared_sessions
from .sides import flask_side, quart_side
from .steps import Ask, ComeBack, DropRemember, HistoryStep, Remembered, Replay, SetActive, Swap, Vanish
from .switches import Switches
from .wire import Client, Place

OTHER = Client(user_agent="Lynx")
LOGIN = Ask("/login?who=ada")
REMEMBER = Ask("/login?who=ada&remember")
LOGOUT = Ask("/logout")
WHO = Ask("/whoami")
MEMBERS = Ask("/protected")
FRESH = Ask("/fresh")

DONE = "- True -"
ADA = "Person 'ada'"
NOBODY = "AnonymousUserMixin None"
FOR_MEMBERS = "for members: GET Person 'ada'"
FOR_THE_FRESH = "for those who just logged in: GET Person 'ada'"
TO_LOGIN = "/login-page?next=%2F"
TO_REFRESH = "/refresh-page?next=%2F"


@dataclass(frozen=True)
class Storyteller:
    """Plays a story on both sides, which must be alike.

    The text beside a request is how its response begins: the target of the redirect, or else the body. In Redis a tuple
    becomes a list.
    """

    loop: Loop
    #: Whether views and callbacks are coroutine functions on Quart.
    suspending: bool
    sessions: SharedSessions | None = None

    def __call__(self, *story: tuple[HistoryStep, str] | HistoryStep, **switched: Any) -> None:
        switches = Switches(
            async_views=self.suspending, async_callbacks=self.suspending, sessions=self.sessions, **switched
        )
        steps = [line[0] if isinstance(line, tuple) else line for line in story]
        sides = (
            flask_side(switches, flask_login_as_documented()),
            quart_side(switches, compat, self.loop),
        )
        outcome = play(History(switches, steps), *sides)
        assert_alike(outcome)
        for line, (_, answer) in zip(story, outcome.answers, strict=True):
            if isinstance(line, tuple) and answer is not None:
                expected = line[1] if self.sessions is None else line[1].replace("('", "['").replace("')", "']")
                assert (answer.location or answer.body).startswith(expected), f"{line}:\n{outcome.report()}"


@pytest.fixture(params=["async", "sync", "async on Trio", pytest.param("async with Redis", marks=pytest.mark.services)])
def tell(request: pytest.FixtureRequest, loop: Loop) -> Iterator[Storyteller]:
    """A storyteller for an application of coroutine functions, of plain functions, on Trio, with sessions in Redis."""
    if request.param.endswith("Trio"):
        yield Storyteller(trio_loop(), suspending=True)
    elif request.param.endswith("Redis"):
        with shared_sessions(request.getfixturevalue("redis_url"), loop, SESSION_PERMANENT=False) as sessions:
            yield Storyteller(loop, suspending=True, sessions=sessions)
    else:
        yield Storyteller(loop, suspending=request.param == "async")


def test_an_everyday_visit(tell: Storyteller) -> None:
    """A visitor is refused, logs in, returns by the remember cookie, confirms, logs out, and stays logged out."""
    tell(
        (MEMBERS, TO_LOGIN),
        (Ask("/login-page?next=/protected"), "log in: [('message', 'Please log in to access this page.')] /protected"),
        (REMEMBER, DONE),
        (MEMBERS, FOR_MEMBERS),
        (FRESH, FOR_THE_FRESH),
        Restart(),
        (MEMBERS, FOR_MEMBERS),
        (FRESH, TO_REFRESH),
        (Ask("/confirm"), "- None -"),
        (FRESH, FOR_THE_FRESH),
        (LOGOUT, DONE),
        (WHO, NOBODY),
        Restart(),
        (WHO, NOBODY),
    )


@pytest.mark.parametrize("protection", [None, "basic", "strong"])
def test_a_fresh_login_stays_fresh_across_the_move(tell: Storyteller, protection: str | None) -> None:
    """A login at one application is valid at the other, and back again, with the same freshness."""
    tell(
        (LOGIN, DONE),
        Move(),
        (WHO, ADA),
        (FRESH, FOR_THE_FRESH),
        Move(),
        (WHO, ADA),
        (FRESH, FOR_THE_FRESH),
        protection=protection,
    )


@pytest.mark.parametrize("protection", [None, "basic", "strong"])
def test_a_remembered_login_survives_the_move(tell: Storyteller, protection: str | None) -> None:
    """A remember cookie of one application brings its user back at the other, not fresh."""
    tell(
        (REMEMBER, DONE),
        Restart(),
        Move(),
        (WHO, ADA),
        (FRESH, TO_REFRESH),
        (WHO, ADA),
        Restart(),
        Move(),
        (WHO, ADA),
        protection=protection,
    )


def test_logging_out_after_the_move_ends_it_everywhere(tell: Storyteller) -> None:
    """Logging out at the other application deletes the cookies of the first."""
    tell((REMEMBER, DONE), Move(), (LOGOUT, DONE), (WHO, NOBODY), Move(), (WHO, NOBODY), Restart(), (WHO, NOBODY))


def test_messages_and_next_cross_the_move(tell: Storyteller) -> None:
    """What was flashed and where a visitor wanted to go is kept in the session, for either application."""
    tell(
        (MEMBERS, "/login-page"),
        Move(),
        (Ask("/login-page"), "log in: [('message', 'Please log in to access this page.')] None"),
        (MEMBERS, "/login-page"),
        Move(),
        (Ask("/refresh-page"), "log in again: /protected None"),
        use_session_for_next=True,
    )


def test_flask_logins_cookies_are_read_by_default(tell: Storyteller) -> None:
    """By default compat writes its own remember cookies and still reads Flask-Login's."""
    tell(
        Remembered("ada"),
        (WHO, ADA),
        Restart(),
        (FRESH, TO_REFRESH),
        (LOGOUT, DONE),
        (REMEMBER, DONE),
        Restart(),
        (FRESH, TO_REFRESH),
        issue="timed",
    )


def test_cookies_outlive_a_change_of_the_key(tell: Storyteller) -> None:
    """A remember cookie signed with an old key is accepted while that key is a fallback, and not afterwards."""
    tell(Remembered("ada", secret=OLD_SECRET), (WHO, ADA), (MEMBERS, FOR_MEMBERS), key_changed=True)
    tell(Remembered("ada", secret=OLD_SECRET), (WHO, NOBODY), (MEMBERS, TO_LOGIN))


def test_another_client_makes_a_login_stale(tell: Storyteller) -> None:
    """Basic protection: a copied session is logged in but not fresh, and neither is the owner's afterwards."""
    tell(
        (LOGIN, DONE),
        (Ask("/fresh", client=OTHER), TO_REFRESH),
        (Ask("/whoami", client=OTHER), ADA),
        (FRESH, TO_REFRESH),
        protection="basic",
    )


def test_another_client_ends_a_login(tell: Storyteller) -> None:
    """Strong protection: a copied session is logged out, and its remember cookie deleted."""
    tell(
        (REMEMBER, DONE),
        (Ask("/whoami", client=OTHER), NOBODY),
        (WHO, NOBODY),
        Restart(),
        (WHO, NOBODY),
        protection="strong",
    )


def test_a_permanent_session_is_only_made_stale(tell: Storyteller) -> None:
    """Strong protection spares permanent sessions, as in Flask-Login."""
    tell(
        (LOGIN, DONE),
        (Ask("/permanent"), "- -"),
        (Ask("/whoami", client=OTHER), ADA),
        (FRESH, TO_REFRESH),
        protection="strong",
    )


def test_a_session_becomes_permanent_before_the_look(tell: Storyteller) -> None:
    """A view can make the session permanent before it first reads the user, although the loaders ran before."""
    tell(
        (LOGIN, DONE),
        (Ask("/permanent?look=after", client=OTHER), f"- {ADA}"),
        (FRESH, TO_REFRESH),
        protection="strong",
    )


def test_a_session_is_emptied_between_two_looks(tell: Storyteller) -> None:
    """A user that was read once stays for the request; without a remember cookie the next request has none."""
    clear = Ask("/clear?look=before&look=after")
    tell((LOGIN, DONE), (clear, ADA), (WHO, NOBODY))
    tell((REMEMBER, DONE), (clear, ADA), (WHO, ADA), (FRESH, TO_REFRESH))


def test_a_session_is_emptied_before_the_look(loop: Loop) -> None:
    """After the view cleared the session, ``current_user`` is that of the remember cookie, if loaders can run."""
    clear = Ask("/clear?look=after")
    tell = Storyteller(loop, suspending=False)
    tell((LOGIN, DONE), (clear, f"- {NOBODY}"), (WHO, NOBODY))
    tell((LOGIN, DONE), Remembered("zoë"), (clear, "- Person 'zoë'"), (WHO, "Person 'zoë'"))


def test_a_session_is_filled_before_the_look(tell: Storyteller) -> None:
    """A session that names no user is not protected, whatever else the application puts into it."""
    tell((Ask("/poke?look=after"), f"- {NOBODY}"), (WHO, NOBODY), protection="basic")
    tell(Remembered("ada"), (Ask("/poke?look=after"), f"- {ADA}"), (WHO, ADA), protection="strong")


@pytest.mark.parametrize("hook", ["looking_before_request", "looking_after_request"])
@pytest.mark.parametrize("registered", ["before", "after"])
@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/static/style.css",
        "/logout",
        *(pytest.param(target, marks=pytest.mark.fuzz) for target in ("/protected", "/missing", "/poke")),
    ],
)
def test_hooks_may_read_the_user(tell: Storyteller, hook: str, registered: str, target: str) -> None:
    """A hook can read the user in every request, including static files and unknown pages."""
    tell((REMEMBER, DONE), Ask(target), Ask(target, method="POST"), Restart(), Ask(target), **{hook: registered})


def test_error_pages_may_read_the_user(tell: Storyteller) -> None:
    """An error page can read the user."""
    tell((LOGIN, DONE), (Ask("/missing"), f"404 {ADA}"), (Ask("/logout", method="POST"), "<!doctype"), error_pages=True)


def test_a_user_vanishes_and_returns(tell: Storyteller) -> None:
    """A deleted user is anonymous, and logged in as before once restored: no cookie was written in between."""
    tell((LOGIN, DONE), Vanish("ada"), (WHO, NOBODY), (MEMBERS, TO_LOGIN), ComeBack("ada"), (WHO, ADA))
    tell((REMEMBER, DONE), Vanish("ada"), (WHO, NOBODY), ComeBack("ada"), (WHO, ADA), (FRESH, FOR_THE_FRESH))


def test_an_inactive_user_is_refused(tell: Storyteller) -> None:
    """An inactive user cannot log in unless ``force`` is set, and is refused while inactive."""
    tell(
        (Ask("/login?who=ian&look=after"), f"- False {NOBODY}"),
        (Ask("/login?who=ian&force"), DONE),
        (MEMBERS, TO_LOGIN),
        SetActive("ian", active=True),
        (MEMBERS, "for members: GET Person 'ian'"),
        SetActive("ian", active=False),
        (WHO, "Person 'ian' active=False authenticated=False"),
    )


def test_a_stolen_remember_cookie_outlives_the_logout(tell: Storyteller) -> None:
    """A replayed remember cookie logs in again, as in Flask-Login: it is only a signed id."""
    tell((REMEMBER, DONE), Swap("remember"), (Ask("/whoami", "b"), ADA), (Ask("/logout", "b"), DONE))
    tell((REMEMBER, DONE), (LOGOUT, DONE), Replay("remember"), (WHO, ADA), (FRESH, TO_REFRESH))


def test_a_replayed_session_is_good_again(tell: Storyteller) -> None:
    """A session cookie from before the logout logs in again: it is only a signed value, unless it is an id in Redis."""
    again = FOR_THE_FRESH if tell.sessions is None else "/login-page?next=%2Ffresh"
    tell((LOGIN, DONE), (LOGOUT, DONE), (WHO, NOBODY), Replay("session"), (FRESH, again))


def test_an_invalid_remember_cookie_is_anonymous(tell: Storyteller) -> None:
    """Wrong signatures, odd encodings and oversized values neither log in nor cause an error."""
    for way in (*SPOILS, *RAW):
        tell((REMEMBER, DONE), Restart(), Spoil("remember", way), (WHO, NOBODY), (Ask("/state"), "fresh=False rem"))


def test_confirm_login_works_before_the_user_is_read(tell: Storyteller) -> None:
    """confirm_login makes the session fresh, whether the user is read before it, after it, or not at all."""
    for look in ("", "?look=before", "?look=after"):
        tell((REMEMBER, DONE), Restart(), (WHO, ADA), Ask(f"/confirm{look}"), (FRESH, FOR_THE_FRESH))
    tell((Ask("/confirm"), "- None -"), (WHO, NOBODY), (Ask("/state"), "fresh="))


def test_in_and_out_in_one_request(tell: Storyteller) -> None:
    """Login then logout in one request ends logged out and not remembered; logout then login ends logged in."""
    tell((Ask("/in-and-out?who=ada&remember&look=after"), f"True True {NOBODY}"), (WHO, NOBODY))
    tell((REMEMBER, DONE), (Ask("/out-and-in?who=bob%20b&remember"), "True True"), Restart(), (WHO, "Person 'bob b'"))


def test_a_duration_is_for_one_login(tell: Storyteller) -> None:
    """A login's own duration lasts until the logout; a wrong one logs nobody in."""
    tell(
        (Ask("/login?who=ada&remember&duration=hour"), DONE),
        (REMEMBER, DONE),
        (LOGOUT, DONE),
        (REMEMBER, DONE),
        (LOGOUT, DONE),
        (Ask("/login?who=ada&remember&duration=wrong"), "<!doctype html>"),
        (WHO, NOBODY),
    )


def test_refreshing_slides_the_remember_cookie(tell: Storyteller) -> None:
    """REMEMBER_COOKIE_REFRESH_EACH_REQUEST renews an existing remember cookie on every page."""
    tell(
        (LOGIN, DONE),
        (WHO, ADA),
        (REMEMBER, DONE),
        Ask("/"),
        DropRemember(),
        Ask("/"),
        refresh_each_request=True,
        cookie_duration=3600,
    )


def test_next_is_kept_as_it_was_asked(tell: Storyteller) -> None:
    """``next`` has the refused page with its query, also below a prefix and at another host."""
    odd = "/protected?a=1&a=2&b=%C3%A9&c=two%20words&d=x+y&e=%26%3D&next=/whoami"
    tell((Ask(odd), "/login-page?next=%2Fprotected%3Fa%3D1"))
    tell((Ask(odd, place=Place(prefix="/below")), "/below/login-page?next=%2Fbelow%2Fprotected"))
    tell(
        (Ask(odd, place=Place(scheme="https", host="good.test")), "//good.test/login-page?next="),
        force_host="good.test",
    )
    tell((Ask(odd), "https://other.test/login?next=http%3A%2F%2Flocalhost%2F"), login_view="https://other.test/login")


def test_blueprints_have_their_own_login_view(tell: Storyteller) -> None:
    """A blueprint's login view is used, None falls back, and a nested blueprint does not inherit."""
    tell(
        (Ask("/club/"), "/club/login?next="),
        (Ask("/cellar/"), "/login-page?next="),
        (Ask("/club/annex/"), ""),
        (Ask("/annex/"), ""),
    )


def test_handlers_answer_instead(tell: Storyteller) -> None:
    """unauthorized_handler and needs_refresh_handler give the answer; nothing is flashed."""
    tell(
        (MEMBERS, "not for you"),
        Remembered("ada"),
        (FRESH, "too old"),
        (Ask("/login-page"), "log in: [] None"),
        unauthorized_handler=True,
        needs_refresh_handler=True,
    )


def test_without_any_loader_looking_fails(tell: Storyteller) -> None:
    """Without any loader a page that reads the user is a 500; other pages work."""
    tell((Ask("/"), "hello"), (WHO, "<!doctype html>"), (MEMBERS, "<!doctype html>"), user_loader=False)
