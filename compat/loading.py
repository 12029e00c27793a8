"""Calling the loaders: for the session, then for the remember cookie, then for the request, until one returns a user.

Nothing here writes to the session or sends a signal.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart

from .callbacks import call, call_now
from .errors import UserNotLoaded
from .event_loop import current_task
from .login_session import REMEMBER, read_user_id
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

#: How the endpoint of the scripts of Dash's components ends (4.4); they are public, and cached by browsers for a year.
_DASH_SCRIPTS = "_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"


def read_claim(login: RequestLogin) -> Claim:
    """What the cookies of the request claim, not yet checked against the users."""
    session, cookies, cookie = login.session, login.connection().cookies, None
    is_deleted = login.deletes_remember_cookie or session.get(REMEMBER) == "clear"
    if cookies and not is_deleted:
        name = login.auth.cookie_name
        if name in cookies:  # get() would make an HTTP error of one that is missing
            cookie = cookies[name]
    return read_user_id(session), cookie


def has_loader(login: RequestLogin, claim: Claim) -> bool:
    """Whether there is a loader to call for *claim*: a request loader always, a user loader if it holds an id."""
    settings = login.settings
    return settings._request_callback is not None or (settings._user_callback is not None and claim != (None, None))


def may_be_read(login: RequestLogin) -> bool:
    """Whether the application could read the user.

    Not for static files and unknown URLs, unless it has hooks or error pages; see ``LoginManager.load_for_hooks``.
    """
    app, connection = login.app, login.connection()
    rule = connection.url_rule
    if rule is not None:
        endpoint = rule.endpoint
        if ("static" not in endpoint and "_dash-" not in endpoint) or not is_static(app, endpoint):
            return True
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
    """Call the loaders, if there is one for what the cookies claim, and keep the outcome, which may be an error."""
    claim = read_claim(login)
    if not has_loader(login, claim):
        login.outcome = Outcome(claim)
        login.state = LOADED
        return
    login.state = LOADING
    login.loader_task = current_task()
    try:
        login.outcome = await call_loaders(login, claim)
        login.has_failed = False
    except Exception as error:  # noqa: BLE001  # raised again when the user is accessed
        login.outcome = Outcome(claim, error=error)
        login.has_failed = login.state is LOADING
    except BaseException:  # cancelled: the next task that needs the user loads again
        login.state, login.loader_task = NEW, None
        raise
    login.loader_task = None
    login.is_stale = login.outcome.source is REQUEST
    login.is_user_missing = login.outcome.is_user_missing
    if login.state is LOADING:  # and not SHOWN, by a loader that logs its user in
        login.state = LOADED


async def load_once(login: RequestLogin) -> None:
    """Load unless that was done for what the cookies claim now.

    Raises:
        UserNotLoaded: a loader needs the user that it is called for.
    """
    if login.state is SHOWN:
        return
    if login.loader_task is not None and login.loader_task is current_task():
        raise UserNotLoaded
    login.load_lock = login.load_lock or login.app.lock_class()
    async with login.load_lock:
        if login.state is SHOWN:
            return
        known = (None, None) if login.outcome is None else login.outcome.claim
        if login.state is not LOADED or known != read_claim(login):
            await load(login)


async def call_loaders(login: RequestLogin, claim: Claim, call: Callable[..., Awaitable[Any]] = call) -> Outcome:
    """Call the loaders for *claim*, by way of *call*.

    Raises:
        Exception: whatever a loader raised.
    """
    app, settings = login.app, login.settings
    user_id, cookie = claim
    load_by_id = settings._user_callback
    is_user_gone = False

    if user_id is not None and load_by_id is not None:
        user = await call(app, load_by_id, user_id)
        if user is not None:
            return Outcome(claim, user, SESSION)
        is_user_gone = True

    outcome = Outcome(claim, is_user_gone=is_user_gone)
    if cookie is not None and load_by_id is not None:
        remembered_id = login.auth.load_token(cookie, app)
        if remembered_id is not None and not (is_user_gone and remembered_id == user_id):
            outcome.user = await call(app, load_by_id, remembered_id)
            outcome.source = REMEMBER_COOKIE
            outcome.remembered_id = remembered_id
    if outcome.user is None and settings._request_callback is not None:
        outcome.user = await call(app, settings._request_callback, login.connection())
        outcome.source = REQUEST
    if outcome.user is None:
        outcome.source = NO_USER
    return outcome


def call_loaders_now(login: RequestLogin, claim: Claim) -> Outcome:
    """Call the loaders for *claim* without an event loop: they must be sync.

    Raises:
        UserNotLoaded: a loader that would have to be called is async.
        Exception: whatever a loader raised.
    """
    try:
        call_loaders(login, claim, call_now).send(None)  # nothing in it suspends, so it ends at once
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    raise AssertionError  # pragma: no cover
