"""Calling the loaders: for the session, then for the remember cookie, then for the request, until one returns a user.

Nothing here writes to the session or sends a signal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import CO_COROUTINE
from types import FunctionType
from typing import Any

from quart import Quart, Request, Websocket

from .errors import UserNotLoaded
from .login_session import REMEMBER, USER_ID, read_user_id
from .request_login import (
    LOADED,
    LOADING,
    NEW,
    NO_USER,
    REMEMBER_COOKIE,
    REQUEST,
    SESSION,
    SHOWN,
    Claim,
    Outcome,
    RequestLogin,
)
from .runtime import call, call_now

#: How the endpoint of the scripts of Dash's components ends (4.4); they are public, and cached by browsers for a year.
_DASH_SCRIPTS = "_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"


def read_claim(login: RequestLogin) -> Claim:
    """What the cookies of the request claim, not yet checked against the users."""
    return read_user_id(login.session), read_remember_cookie(login)


def read_remember_cookie(login: RequestLogin) -> str | None:
    """The remember cookie as it was sent; None if there is none, or this request deletes it."""
    if login.deletes_remember_cookie or login.session.get(REMEMBER) == "clear":
        return None
    cookies = login.connection().cookies
    if not cookies or (name := login.auth.cookie_name) not in cookies:  # get() would make an HTTP error of it
        return None
    return cookies[name]


def is_answered(login: RequestLogin) -> bool:
    """Whether the loaders have answered what the cookies claim now."""
    if login.claim is None or login.claim[0] != read_user_id(login.session):
        return False
    return login.source is SESSION or login.claim[1] == read_remember_cookie(login)


def may_be_read(login: RequestLogin, connection: Request | Websocket) -> bool:
    """Whether the application could read the user.

    Not for static files and unknown URLs, unless it has hooks or error pages; see ``LoginManager.load_for_hooks``.
    """
    rule = connection.url_rule
    if rule is not None:
        endpoint = rule.endpoint
        if ("static" not in endpoint and "_dash-" not in endpoint) or not is_static(login.app, endpoint):
            return True
    app = login.app
    if not login.settings.load_for_hooks:
        return False
    hooks = (app.before_request_funcs, app.after_request_funcs, app.before_websocket_funcs)
    handlers = (by_class for by_code in app.error_handler_spec.values() for by_class in by_code.values())
    names = (None, *connection.blueprints)
    return (
        any(_is_foreign(hook) for by_name in hooks for name in names for hook in by_name.get(name, ()))
        or any(app.teardown_request_funcs.values())
        or any(handlers)
    )


def _is_foreign(hook: Callable[..., Any]) -> bool:
    """Whether *hook* is not of this package, whose own never read the user of a static file or unknown URL."""
    return not str(getattr(hook, "__module__", None)).startswith(f"{__package__}.")


def is_static(app: Quart, endpoint: str) -> bool:
    """Whether *endpoint* is answered by Quart's own view of static files, or by Dash's view of its scripts."""
    if endpoint.endswith("static"):
        if endpoint != "static" and not endpoint.endswith(".static"):
            return False
        return getattr(app.view_functions.get(endpoint), "__name__", None) == "send_static_file"
    if not endpoint.endswith(_DASH_SCRIPTS):
        return False
    return str(getattr(app.view_functions.get(endpoint), "__module__", None)).startswith("dash.")


async def load(login: RequestLogin) -> None:
    """Call the loaders for what the cookies claim, and keep the outcome, which may be an error."""
    user_id, load_by_id = login.session.get(USER_ID), login.settings._user_callback
    if user_id is not None and type(user_id) is not str:
        user_id = read_user_id(login.session)
    user = None
    login.state = LOADING
    try:
        # As call_loaders, without the coroutines and objects that most requests do without.
        if user_id is not None and load_by_id is not None:
            if type(load_by_id) is FunctionType and load_by_id.__code__.co_flags & CO_COROUTINE:
                login.pending = load_by_id(user_id)
            else:
                login.pending = call(login.app, load_by_id, user_id)
            user = await login.pending
        if user is None:
            login.keep(await _call_other_loaders(login, user_id, call))
        else:
            login.claim, login.found, login.source = (user_id, None), user, SESSION
            login.error, login.is_stale, login.is_user_missing = None, False, False
        login.has_failed = False
    except Exception as error:  # noqa: BLE001  # raised again when the user is accessed
        login.keep(Outcome((user_id, read_remember_cookie(login)), error=error))
        login.has_failed = login.state is LOADING
    except BaseException:  # cancelled: the next task that needs the user loads again
        login.state = NEW
        raise
    finally:
        login.pending = None
    if login.state is LOADING:  # and not SHOWN, by a loader that logs its user in
        login.state = LOADED


async def load_once(login: RequestLogin) -> None:
    """Load unless that was done for what the cookies claim now.

    Raises:
        UserNotLoaded: a loader needs the user that it is called for.
    """
    if login.state is SHOWN:
        return
    if getattr(login.pending, "cr_running", False):  # a coroutine that waits for this call
        raise UserNotLoaded
    login.load_lock = login.load_lock or login.app.lock_class()
    async with login.load_lock:
        if login.state is SHOWN:
            return
        if login.state is not LOADED or not is_answered(login):
            await load(login)


async def call_loaders(login: RequestLogin, call: Callable[..., Awaitable[Any]] = call) -> Outcome:
    """Call the loaders for what the cookies claim, by way of *call*; none if there is none for that.

    Raises:
        Exception: whatever a loader raised.
    """
    user_id, load_by_id = read_user_id(login.session), login.settings._user_callback
    if user_id is not None and load_by_id is not None:
        user = await call(login.app, load_by_id, user_id)
        if user is not None:
            return Outcome((user_id, None), user, SESSION)
    return await _call_other_loaders(login, user_id, call)


async def _call_other_loaders(login: RequestLogin, user_id: Any, call: Callable[..., Awaitable[Any]]) -> Outcome:
    """Call the loaders for the remember cookie and for the request, as the session with *user_id* has given no user."""
    app, load_by_id, load_by_request = login.app, login.settings._user_callback, login.settings._request_callback
    cookie = read_remember_cookie(login)
    outcome = Outcome((user_id, cookie), is_user_gone=user_id is not None and load_by_id is not None)
    if cookie is not None and load_by_id is not None:
        remembered_id = login.auth.load_token(cookie, app)
        if remembered_id is not None and not (outcome.is_user_gone and remembered_id == user_id):
            login.pending = call(app, load_by_id, remembered_id)
            outcome.user = await login.pending
            outcome.source = REMEMBER_COOKIE
            outcome.remembered_id = remembered_id
    if outcome.user is None and load_by_request is not None:
        login.pending = call(app, load_by_request, login.connection())
        outcome.user = await login.pending
        outcome.source = REQUEST
    if outcome.user is None:
        outcome.source = NO_USER
    return outcome


def call_loaders_now(login: RequestLogin) -> Outcome:
    """Call the loaders without an event loop: they must be sync.

    Raises:
        UserNotLoaded: a loader that would have to be called is async.
        Exception: whatever a loader raised.
    """
    pending = login.pending  # a loader's that is running, and looks at the user
    try:
        call_loaders(login, call_now).send(None)  # nothing in it suspends, so it ends at once
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    finally:
        login.pending = pending
    raise AssertionError  # pragma: no cover
