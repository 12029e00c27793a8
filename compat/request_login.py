"""What one request or websocket knows of its user.

Kept on the request itself: ``g`` belongs to the application context, which several requests may share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from quart import (
    Quart,
    Request,
    Websocket,
    current_app,
    has_request_context,
    has_websocket_context,
    request,
    session,
    websocket,
)

from . import login_session
from .commit import commit
from .config import remember_cookie_name
from .errors import NotInitialised, WebsocketIsReadOnly
from .loading import Claim, Outcome, load
from .protection import Verdict, identifiers, protect

if TYPE_CHECKING:
    from .auth import LoginAuth
    from .login_manager import LoginManager

_ATTRIBUTE = "_quart_flask_login"
EXTENSION = "QUART_FLASK_LOGIN"

# The proxies' own look-ups: half a microsecond less than through the proxy, each time.
_current_request: Callable[[], Request] = cast(Any, request)._get_current_object
_current_websocket: Callable[[], Websocket] = cast(Any, websocket)._get_current_object
_current_session: Callable[[], Any] = cast(Any, session)._get_current_object


class RequestLogin:
    """The user of one request: loaded before the view, and seen by nobody until it is asked for.

    Attributes:
        outcome: what the loaders said; None if they were not asked.
        user: what ``current_user`` is; meaningful if *is_committed*.
        was_asked: the response depends on the user.
        is_stale: a websocket's login is not fresh, although its session, which is not written, says so.
    """

    __slots__ = (
        "_is_announced",
        "_lock",
        "_loop",
        "_postponed",
        "app",
        "auth",
        "auth_user",
        "connection",
        "is_committed",
        "is_stale",
        "is_websocket",
        "manager",
        "outcome",
        "session",
        "user",
        "was_asked",
    )

    def __init__(self, auth: LoginAuth, connection: Request | Websocket, *, is_websocket: bool) -> None:
        self.app: Quart = auth.app
        self.auth = auth
        self.manager: LoginManager[Any] = auth.manager
        self.connection = connection
        self.session = _current_session()
        self.is_websocket = is_websocket
        self.outcome: Outcome | None = None
        self.user: Any = None
        self.is_committed = False
        self.is_stale = False
        self.was_asked = False
        self.auth_user: Any = None
        self._is_announced = False
        self._postponed: list[Callable[[], Awaitable[Any]]] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock: asyncio.Lock | None = None

    # --- who this request claims to be

    def claim(self) -> Claim:
        """What the cookies say, nothing of it checked against the users."""
        state = self.session
        name = remember_cookie_name(self.app.config)
        cookies = self.connection.cookies
        cookie = cookies[name] if name in cookies and not login_session.is_being_forgotten(state) else None
        return Claim(login_session.user_id(state), cookie)

    def identifiers(self) -> tuple[str, ...]:
        """What session protection may find in a session of this client; we write the first."""
        generator = self.manager._session_identifier_generator
        return identifiers(self.connection) if generator is create_identifier else (generator(),)

    def verdict(self) -> Verdict:
        """What session protection says of this request."""
        state = self.session
        mode = self.app.config.get("SESSION_PROTECTION", self.manager.session_protection)
        if not state or mode not in ("basic", "strong"):
            return Verdict.KEEP
        return protect(
            login_session.identifier(state), seen=self.identifiers(), mode=mode, permanent=state.permanent
        )

    # --- the user

    async def resolve(self) -> None:
        """Ask the loaders, if there is anything to ask them, and keep what they say."""
        claim = self.claim()
        if claim.names_somebody(self.manager):
            mode = self.app.config.get("SESSION_PROTECTION", self.manager.session_protection)
            if mode != "strong" or self.verdict() is not Verdict.DROP:
                self.outcome = await load(self, claim)

    async def resolve_once(self) -> None:
        """Resolve unless that was done; tasks that ask at the same time share one load."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        async with self._lock:
            if not self.is_committed and (self.outcome is None or self.outcome.claim != self.claim()):
                await self.resolve()

    def get_user(self) -> Any:
        """The user, whom from now on everybody may know to have been asked for.

        Raises:
            MissingLoader: there is no loader at all.
            UserNotLoaded: the loader is async and did not run.
            Exception: whatever the loader raised.
        """
        self.was_asked = True
        if not self.is_committed:
            commit(self)
        return self.user

    def show(self, user: Any, *, is_stale: bool = False) -> None:
        """Make *user* the user of this request; None for the anonymous one."""
        self.user = self.manager.anonymous_user() if user is None else user
        self.is_stale = is_stale
        self.is_committed = self.was_asked = True

    def announce(self) -> bool:
        """Whether ``user_accessed`` is still to be sent; guards against receivers that ask for the user."""
        first, self._is_announced = not self._is_announced, True
        return first

    def has_failed(self) -> bool:
        """Whether a loader raised: then nothing may be written that changes who the user is."""
        return self.outcome is not None and self.outcome.error is not None

    def forbid_websocket(self, verb: str) -> None:
        """Raise WebsocketIsReadOnly if this is a websocket."""
        if self.is_websocket:
            raise WebsocketIsReadOnly(verb)

    # --- async signal receivers

    def postpone(self, receiver: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> None:
        """Call *receiver* at the end of this request; at once, in the background, if that has passed."""
        if self._loop is not None:
            start = partial(self.app.add_background_task, receiver, *args, **kwargs)
            self._loop.call_soon_threadsafe(start)
        elif self._postponed is None:
            self._postponed = [partial(receiver, *args, **kwargs)]
        else:
            self._postponed.append(partial(receiver, *args, **kwargs))

    async def deliver(self) -> None:
        """Await the receivers that were postponed."""
        while self._postponed:
            await self._postponed.pop(0)()
        self._loop = asyncio.get_running_loop()


def find_login() -> RequestLogin | None:
    """The login of the current request or websocket; None outside of both."""
    if has_request_context():
        connection: Request | Websocket = _current_request()
        is_websocket = False
    elif has_websocket_context():
        connection = _current_websocket()
        is_websocket = True
    else:
        return None
    login: RequestLogin | None = connection.__dict__.get(_ATTRIBUTE)
    if login is None:
        login = _attach(find_auth(current_app), connection, is_websocket=is_websocket)
    return login


def current_login() -> RequestLogin:
    """The login of the current request or websocket.

    Raises:
        RuntimeError: there is neither.
    """
    login = find_login()
    if login is None:
        _current_request()  # raises Quart's own error
        raise AssertionError  # pragma: no cover
    return login


def attach_to_request(auth: LoginAuth) -> RequestLogin:
    """Begin the login of the current request."""
    return _attach(auth, _current_request(), is_websocket=False)


def attach_to_websocket(auth: LoginAuth) -> RequestLogin:
    """Begin the login of the current websocket."""
    return _attach(auth, _current_websocket(), is_websocket=True)


def _attach(auth: LoginAuth, connection: Request | Websocket, *, is_websocket: bool) -> RequestLogin:
    login = RequestLogin(auth, connection, is_websocket=is_websocket)
    connection.__dict__[_ATTRIBUTE] = login
    return login


def find_auth(app: Quart) -> LoginAuth:
    """The Quart-Auth extension that belongs to the LoginManager of *app*.

    Raises:
        NotInitialised: the application has no LoginManager.
    """
    try:
        return cast("LoginAuth", app.extensions[EXTENSION])
    except KeyError:
        raise NotInitialised from None


def create_identifier() -> str:
    """The default ``LoginManager._session_identifier_generator``: Flask-Login 0.6.3's identifier."""
    return identifiers(_current_request() if has_request_context() else _current_websocket())[0]
