"""Quart's hooks: where the login of a request begins and ends.

Before the view the user is loaded, which has no effect that can be observed. After it the async signal receivers are
awaited, the remember cookie is set or deleted, and the response gets ``Vary: Cookie`` if it depends on the user.
"""

from __future__ import annotations

from typing import Any

from quart import Quart, Response, got_request_exception, has_request_context
from quart.typing import ResponseTypes
from quart_auth import Action

from .current import current_login, find_login
from .errors import IdentityConflict, WebsocketIsReadOnly
from .loading import load, may_be_read
from .login_session import REMEMBER, REMEMBER_SECONDS, read_user_id, renew_id, withhold
from .remember_cookie import RememberCookie
from .request_login import ATTRIBUTE, NEW, RequestLogin
from .runtime import current_context, current_session, current_websocket, request_of, running_loop
from .signals import call_at_once, deliver
from .startup import before_serving, warn_unless_started

#: The spellings of the header that applications use.
_VARY = frozenset({"Vary", "vary", "VARY"})


def install(app: Quart, auth: RememberCookie) -> None:
    """Register the hooks: before all others, whenever those are registered, and after all others."""

    async def before_request() -> None:
        """Load the user, if the application could read it, and no receiver of ``request_started`` has."""
        context = current_context()
        connection = request_of(context)
        login = connection.__dict__.get(ATTRIBUTE)
        if login is None:  # as current_login, with less to look up
            login = RequestLogin(auth, connection, context.session)
        if not auth.is_start_known:
            warn_unless_started(app)
        if login.state is NEW and may_be_read(login, connection):
            await load(login)

    async def before_websocket() -> None:
        """Load the user, if there is one and the application could read it."""
        if has_request_context():
            raise IdentityConflict("A websocket inside a request context would have the request's user (Quart 0.22).")
        connection = current_websocket()
        login = connection.__dict__.get(ATTRIBUTE)
        if login is None:
            login = RequestLogin(auth, connection, current_session())
            login.is_websocket = True
        call_at_once(login)
        if not auth.is_start_known:
            warn_unless_started(app)
        if login.state is NEW and may_be_read(login, connection):
            await load(login)

    app.before_serving_funcs.insert(0, before_serving)
    app.before_request_funcs[None].insert(0, before_request)
    app.before_websocket_funcs[None].insert(0, before_websocket)
    app.after_request_funcs[None].insert(0, after_request)  # Quart runs these from last to first
    app.after_websocket(after_websocket)
    got_request_exception.connect(reopen, app)


async def after_request(response: Response) -> Response:
    """Await the async receivers, set or delete the remember cookie, renew the session's id, and add ``Vary``."""
    login = request_of(current_context()).__dict__.get(ATTRIBUTE) or current_login()
    if login.postponed:
        await deliver(login)
    if not login.has_failed and (
        REMEMBER in login.session
        or login.deletes_remember_cookie
        or login.auth_user is not None
        or login.app.config.get("REMEMBER_COOKIE_REFRESH_EACH_REQUEST")
    ):
        settle_remember_cookie(login, response)
    login.loop = running_loop()  # before anything that may wait
    if login.renews_session_id:
        await renew_id(login.app, login.session)
        login.renews_session_id = False  # only now: a response to its failure must not save the login under the old id
    if login.is_user_missing:
        withhold(login.session)
    if login.varies:
        _add_vary_cookie(response)
    login.is_answered = True
    return response


async def reopen(_app: Quart, **_arguments: Any) -> None:
    """Let the login change again when a response fails after ``after_request``: its error page is another response."""
    login = find_login()
    if login is not None:
        login.is_answered = False
        login.loop = None


async def after_websocket(response: ResponseTypes | None) -> ResponseTypes | None:
    """Await the async receivers that still wait, and announce the end of the connection of a refused websocket.

    Receivers wait if the user was read early, and the websocket refused before it had a loop to call them at once.

    Hypercorn 0.18 takes no further request on that connection and does not say so; with Quart 0.23 it leaves it open,
    too. A proxy that keeps connections would send the next request there, and answer 502.

    Raises:
        WebsocketIsReadOnly: Quart-Auth's ``renew_login`` was called; no cookie can be set here.
    """
    connection = current_websocket()
    login: RequestLogin | None = connection.__dict__.get(ATTRIBUTE)  # None if it was refused before it began
    if login is not None and login.postponed:
        await deliver(login)
    if login is not None and login.auth_user is not None and login.auth_user.action is not Action.PASS:
        raise WebsocketIsReadOnly("renew_login")
    if response is not None and connection.http_version.startswith("1"):  # HTTP/2 has no such header
        response.headers["Connection"] = "close"
    return response


def settle_remember_cookie(login: RequestLogin, response: Response) -> None:
    """Set or delete the remember cookie, as ordered by login, logout or Quart-Auth's ``renew_login``.

    The order is in the session, as in Flask-Login, and is removed from it. That of a logout counts even if the
    application has emptied the session since.
    """
    session, auth = login.session, login.auth
    if (
        login.app.config.get("REMEMBER_COOKIE_REFRESH_EACH_REQUEST")
        and REMEMBER not in session
        and not login.deletes_remember_cookie
        and not login.is_user_missing
        and auth.cookie_name in login.connection().cookies
    ):
        session[REMEMBER] = "set"  # through the session, so that it is sent again too, as by Flask-Login
    order = session.pop(REMEMBER) if REMEMBER in session else "clear" if login.deletes_remember_cookie else None
    if order is None and login.auth_user is not None and login.auth_user.action is Action.WRITE_PERMANENT:
        order = "set"

    if order == "clear":
        auth.delete_cookie(response, login.connection())
        login.varies = True
    elif order == "set" and (user_id := read_user_id(session)) is not None and not login.is_user_missing:
        auth.write_cookie(response, str(user_id), session.get(REMEMBER_SECONDS))
        login.varies = True


def _add_vary_cookie(response: Response) -> None:
    """Add ``Cookie`` to ``Vary``; ``response.vary`` alone costs ten times as much.

    A header of another spelling stays beside ours: several are one list (RFC 9110, section 5.3).
    """
    for name, _ in response.headers:
        if name in _VARY:
            response.vary.add("Cookie")
            return
    response.headers.add("Vary", "Cookie")
