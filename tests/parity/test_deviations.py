"""Each documented deviation is real: one history shows it, and nothing else differs in that history."""

import importlib.metadata
from typing import Any

import pytest

import compat
from benchmarks.comparison.deviations import Deviation
from benchmarks.comparison.signing import OLD_SECRET
from benchmarks.comparison.steps import Restart, Spoil

from .loops import Loop
from .oracle import DEVIATIONS, flask_login_as_documented
from .play import History, Outcome, assert_alike, play
from .sides import flask_side, quart_side
from .steps import Ask, Remembered, Vanish
from .switches import Switches
from .wire import Client

_FORWARDED = Client(forwarded_for="10.0.0.9")

STORIES = {
    Deviation.NOBODY_IS_NOT_MARKED_STALE: History(
        Switches(), [Ask("/login?who=ada"), Vanish("ada"), Ask("/whoami", client=Client(address="10.0.0.2"))]
    ),
    Deviation.NO_LOGIN_IS_NOT_PROTECTED: History(
        Switches(protection="strong"), [Remembered("ada"), Ask("/poke?look=after"), Ask("/whoami")]
    ),
    Deviation.MISSING_USER_GETS_NO_MESSAGE: History(
        Switches(use_session_for_next=True), [Ask("/login?who=ada"), Vanish("ada"), Ask("/protected")]
    ),
    Deviation.MISSING_USER_IS_NOT_SENT_AGAIN: History(
        Switches(), [Ask("/login?who=ada"), Ask("/permanent"), Vanish("ada"), Ask("/whoami")]
    ),
    Deviation.MISSING_USER_IS_NOT_RESTORED: History(Switches(), [Remembered("nobody"), Ask("/whoami")]),
    Deviation.RESTORED_LOGIN_IS_BOUND: History(
        Switches(protection="strong"), [Remembered("ada"), Ask("/whoami"), Ask("/whoami")]
    ),
    Deviation.REQUEST_LOADER_COMES_LAST: History(
        Switches(request_loader=True), [Spoil("remember", "dots"), Ask("/whoami", api_key="key of ada")]
    ),
    Deviation.NO_BLUEPRINT_VIEW_FALLS_BACK: History(Switches(), [Ask("/cellar/")]),
    Deviation.NON_ASCII_SIGNATURE_IS_WRONG: History(Switches(), [Spoil("remember", "not ascii"), Ask("/whoami")]),
    Deviation.DURATION_IS_CHECKED_FIRST: History(
        Switches(), [Ask("/login?who=ada&remember&duration=wrong"), Ask("/whoami")]
    ),
    Deviation.VIEW_RUNS_ONCE: History(Switches(), [Ask("/login?who=ada"), Ask("/fresh/broken"), Ask("/peek")]),
    Deviation.DELETED_WITH_ALL_ATTRIBUTES: History(
        Switches(cookie_secure=True, cookie_samesite="Lax"), [Ask("/login?who=ada&remember"), Ask("/logout")]
    ),
    Deviation.DELETED_AT_EVERY_PATH: History(
        Switches(cookie_path="/club"),
        [Remembered("ada"), Ask("/logout", extra_cookie="remember_token=another"), Ask("/whoami")],
    ),
    Deviation.ONLY_THE_REMOTE_ADDRESS: History(
        Switches(protection="strong"), [Ask("/login?who=ada"), Ask("/whoami", client=_FORWARDED)]
    ),
    Deviation.COOKIE_IS_WRITTEN_LAST: History(
        Switches(protection="strong", looking_after_request="before"),
        [Ask("/login?who=ada&remember"), Ask("/", client=Client(address="10.0.0.2"))],
    ),
    Deviation.KEYS_ROTATE: History(Switches(key_changed=True), [Remembered("ada", secret=OLD_SECRET), Ask("/whoami")]),
    Deviation.REQUEST_USER_IS_NOT_FRESH: History(
        Switches(request_loader=True),
        [
            Ask("/login?who=ada"),
            Vanish("ada"),
            Ask("/state", api_key="key of zoë"),
            Ask("/fresh", api_key="key of zoë"),
        ],
    ),
    Deviation.REFRESH_KEEPS_TO_EXISTING_COOKIES: History(
        Switches(refresh_each_request=True), [Ask("/login?who=ada"), Ask("/whoami"), Restart(), Ask("/whoami")]
    ),
}


def _beside(history: History, loop: Loop, **how: Any) -> Outcome:
    flask_login = flask_login_as_documented(**how)
    return play(history, flask_side(history.switches, flask_login), quart_side(history.switches, compat, loop))


@pytest.mark.parametrize("deviation", DEVIATIONS)
def test_a_deviation_is_all_that_differs(deviation: Deviation, loop: Loop) -> None:
    """With the deviation the oracle and compat are alike; without it they differ."""
    assert_alike(_beside(STORIES[deviation], loop))
    assert _beside(STORIES[deviation], loop, without=[deviation]).differences


def test_without_deviations_the_oracle_is_flask_login() -> None:
    """With no deviation the oracle behaves as Flask-Login in every story."""
    import flask_login

    bare = flask_login_as_documented(without=DEVIATIONS)
    for history in STORIES.values():
        assert_alike(
            play(history, flask_side(history.switches, flask_login), flask_side(history.switches, bare, name="oracle"))
        )


def test_the_timed_token_is_another_value(loop: Loop) -> None:
    """The remember cookie has another value than Flask-Login's, with the same user, attributes and lifetime."""
    history = History(Switches(issue="timed"), [Ask("/login?who=ada&remember"), Restart(), Ask("/whoami")])
    timed = _beside(history, loop)
    assert_alike(timed)
    flask_logins, ours = (answer.cookies[0].value for answer in timed.answers[0] if answer is not None)
    assert flask_logins.startswith("ada|")
    assert "|" not in ours


def test_login_disabled_is_deprecated(loop: Loop) -> None:
    """LOGIN_DISABLED lets every visitor in, as in Flask-Login, and warns that it is deprecated."""
    history = History(Switches(login_disabled=True), [Ask("/protected")])
    with pytest.warns(DeprecationWarning, match="LOGIN_DISABLED"):
        assert_alike(_beside(history, loop))


@pytest.mark.parametrize("target", ["/", "/static/style.css", "/missing", "/login-page"])
def test_a_page_that_never_asks_does_not_vary(target: str, loop: Loop) -> None:
    """No Vary: Cookie is added to a page that neither reads the user nor sets a cookie; Flask-Login always does.

    Quart 0.23 adds its own to every response.
    """
    quart_varies = importlib.metadata.version("quart") >= "0.23"
    outcome = _beside(History(Switches(), [Ask("/login?who=ada&remember"), Ask(target)]), loop)
    assert_alike(outcome)
    flask_logins, ours = outcome.answers[-1]
    assert flask_logins is not None
    assert ours is not None
    assert (flask_logins.varies_by_cookie, ours.varies_by_cookie) == (True, quart_varies)
