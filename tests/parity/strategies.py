"""Random histories: mostly visitors who log in, return and are refused, with tampering in between."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from benchmarks.comparison.signing import OLD_SECRET, SECRET
from benchmarks.comparison.steps import RAW, SPOILS, Move, Restart, Spoil

from .people import NAMES
from .play import History
from .sides import BROWSERS
from .steps import Ask, ComeBack, DropRemember, HistoryStep, Remembered, Replay, Session, SetActive, Swap, Vanish
from .switches import UNSET, Switches
from .wire import Client, Place

_PAGES = (
    "/whoami",
    "/protected",
    "/fresh",
    "/",
    "/state",
    "/confirm",
    "/logout",
    "/confirm?look=before",
    "/confirm?look=after",
    "/logout?look=before",
    "/logout?look=before&look=after",
    "/protected/quiet",
    "/fresh/broken",
    "/poke",
    "/poke?look=before",
    "/poke?look=after",
    "/peek",
    "/peek?look=after",
    "/clear",
    "/permanent",
    "/permanent?off&look=after",
    "/permanent?look=after",
    "/login-page",
    "/login-page?next=/whoami",
    "/refresh-page",
    "/template",
    "/template/plain",
    "/refused",
    "/stale",
    "/club/",
    "/cellar/",
    "/annex/",
    "/club/annex/",
    "/missing",
    "/static/style.css",
    "/protected?a=1&a=2&b=%C3%A9&c=two%20words&d=x+y&e=%26%3D&next=/whoami",
    "/fresh?next=http://evil.test/&empty=",
)
_BEGINNINGS = (
    "/login?who=ada&remember",
    "/login?who=zo%C3%AB&remember&duration=hour",
    "/login?who=bob%20b",
    "/login?who=ada&stale",
    "/protected",
)
_NAMES_ON_THE_WIRE = {"ada": "ada", "bob b": "bob%20b", "ian": "ian", "zoë": "zo%C3%AB", "a|b": "a%7Cb"}
_CLIENTS = (
    Client(),
    Client(user_agent="Lynx"),
    Client(address="10.0.0.2"),
    Client(forwarded_for="10.0.0.2"),
    Client(user_agent=None),
    Client(user_agent=""),
    Client(user_agent="caf\xc3\xa9"),
    Client(address="::1", user_agent="Lynx", forwarded_for="10.0.0.1, 10.0.0.2"),
)
_PLACES = (
    Place(),
    Place(scheme="https", host="good.test"),
    Place(host="localhost:5000"),
    Place(prefix="/below"),
)
_SESSIONS = (
    {"_user_id": "ada"},
    {"_user_id": "ada", "_fresh": True},
    {"_user_id": "ada", "_fresh": False, "_id": "of another client"},
    {"_user_id": "ada", "_fresh": True, "_id": "of another client", "_permanent": True},
    {"_user_id": "ada", "_remember": "set"},
    {"_user_id": "ada", "_remember": "clear"},
    {"_user_id": "ada", "_remember": "set", "_remember_seconds": 7200.5},
    {"_user_id": 7, "_fresh": True},
    {"_user_id": ""},
    {"_id": None, "_fresh": None},
    {"_remember": "set"},
    {"_remember": "clear"},
    {"_remember": "something"},
    {"_id": 5, "_fresh": "yes"},
    {"next": "/whoami", "poked": 3},
    {"poked": 1},
)

_browsers = st.sampled_from((BROWSERS[0], *BROWSERS))
_names = st.sampled_from(NAMES)
_clients = st.just(_CLIENTS[0]) | st.sampled_from(_CLIENTS)
_places = st.sampled_from((_PLACES[0],) * 6 + _PLACES)
_secrets = st.sampled_from((SECRET, SECRET, OLD_SECRET))
_cookies = st.sampled_from(("remember", "session"))


@st.composite
def _logins(draw: st.DrawFn) -> str:
    path = draw(st.sampled_from(("/login", "/login", "/login", "/in-and-out", "/out-and-in")))
    options = draw(st.sets(st.sampled_from(("remember", "remember=1", "force", "stale", "look=before", "look=after"))))
    duration = draw(st.sampled_from((None, None, None, "hour", "fraction", "wrong")))
    query = [
        f"who={_NAMES_ON_THE_WIRE[draw(_names)]}",
        *sorted(options),
        *([f"duration={duration}"] if duration else []),
    ]
    return f"{path}?{'&'.join(query)}"


_requests = st.builds(
    Ask,
    _logins() | st.sampled_from(_PAGES[:10]) | st.sampled_from(_PAGES),
    browser=_browsers,
    method=st.sampled_from(("GET",) * 12 + ("POST", "OPTIONS", "OPTIONS", "HEAD")),
    client=_clients,
    place=_places,
    api_key=st.none() | st.sampled_from((None, "key of ada", "key of ian", "key of nobody")),
    extra_cookie=st.sampled_from(
        (None,) * 12 + ("remember_token=spam", "session=spam", "spam", ";;", "remember_token")
    ),
)

_mischief: st.SearchStrategy[HistoryStep] = st.one_of(
    st.builds(Restart, _browsers),
    st.builds(Restart, _browsers),
    st.builds(DropRemember, _browsers),
    st.builds(Spoil, st.just("remember") | _cookies, st.sampled_from((*SPOILS, *RAW)), _browsers),
    st.builds(Replay, _cookies, st.integers(0, 3), _browsers),
    st.builds(Swap, _cookies),
    st.builds(Remembered, st.sampled_from((*NAMES, "8", "alias of ada", "nobody", "")), _browsers, _secrets),
    st.builds(Session, st.sampled_from(_SESSIONS), _browsers, _secrets),
    st.builds(Vanish, _names),
    st.builds(ComeBack, _names),
    st.builds(SetActive, _names, st.booleans()),
)


@st.composite
def _steps(draw: st.DrawFn, *, moving: bool = False) -> HistoryStep:
    """Three requests, then tampering; now and then the two applications exchange their cookies."""
    kinds = ["request"] * 9 + ["mischief"] * 3 + ["move"] * moving
    kind = draw(st.sampled_from(kinds))
    if kind == "move":
        return Move()
    return draw(_requests if kind == "request" else _mischief)


_rarely = st.sampled_from((False,) * 3 + (True,))

_SWITCHES: dict[str, st.SearchStrategy[Any]] = {
    "protection": st.sampled_from((UNSET, "strong", "basic", None, "")),
    "cookie_name": st.sampled_from((UNSET, UNSET, "keep")),
    "cookie_domain": st.sampled_from((None, None, "good.test")),
    "cookie_path": st.sampled_from((UNSET, UNSET, "/club")),
    "cookie_secure": _rarely,
    "cookie_httponly": st.sampled_from((True, True, False)),
    "cookie_samesite": st.sampled_from((None, "Lax", "Strict")),
    "cookie_duration": st.sampled_from((None, timedelta(days=2, hours=1), 3600)),
    "refresh_each_request": _rarely,
    "key_changed": st.booleans(),
    "use_session_for_next": _rarely,
    "force_host": st.sampled_from((None, None, None, "good.test")),
    "login_disabled": st.sampled_from((False,) * 15 + (True,)),
    "login_view": st.sampled_from(
        ("login_page", None, "/login-page?a=1&b=", "https://other.test/login", "http://localhost/login?x")
    ),
    "refresh_view": st.sampled_from(("refresh_page", None, "/refresh-page#again")),
    "login_message": st.sampled_from((UNSET, UNSET, None, "Bitte anmelden ü")),
    "localize": _rarely,
    "unauthorized_handler": _rarely,
    "needs_refresh_handler": _rarely,
    "user_loader": st.sampled_from((True,) * 15 + (False,)),
    "request_loader": st.booleans(),
    "id_attribute": st.sampled_from((UNSET, UNSET, "alias", "number")),
    "custom_anonymous": _rarely,
    "error_pages": _rarely,
    "looking_before_request": st.sampled_from((None,) * 6 + ("before", "after")),
    "looking_after_request": st.sampled_from((None,) * 6 + ("before", "after")),
    "looking_receivers": _rarely,
    "async_views": st.booleans(),
    "async_callbacks": st.booleans(),
}


@st.composite
def _histories(draw: st.DrawFn, steps: st.SearchStrategy[HistoryStep], *, issue: str) -> History:
    """Most histories begin with a visitor who logs in, and have some twenty steps.

    The steps are several lists, because one list would be short, or, with a least size, could not be made smaller.
    """
    switches = draw(st.builds(Switches, issue=st.just(issue), **_SWITCHES))
    beginning = draw(st.lists(st.builds(Ask, st.sampled_from(_BEGINNINGS)), max_size=2))
    rest = [step for _ in range(3) for step in draw(st.lists(steps, max_size=15))]
    return History(switches, [*beginning, *map(_looking_before_clearing, rest)])


def _looking_before_clearing(step: HistoryStep) -> HistoryStep:
    """Deviation: the user that is loaded before the view is that of the session at that moment.

    A view that empties the session, so that the remember cookie or the request loader counts, has to look before it
    does so, as here, or to await load_user() afterwards, or else to have loaders that are not async.
    """
    if isinstance(step, Ask) and step.target.startswith("/clear"):
        return replace(step, target="/clear?look=before&look=after")
    return step


#: compat writes Flask-Login's remember tokens: every cookie is comparable, and may be carried to the other side.
comparable_histories = _histories(_steps(moving=True), issue="flask-login")

#: compat writes its own tokens, as it does by default: Flask-Login could not read them.
timed_histories = _histories(_steps(), issue="timed")
