"""What one request or websocket knows of its user.

Kept on the request itself: ``g`` belongs to the application context, which several requests may share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

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
from .errors import NotInitialised, UserNotLoaded
from .loading import REQUEST, Claim, Outcome, ask, names_somebody
from .login_session import IDENTIFIER, USER_ID
from .protection import KEEP, Verdict, identifiers, protect

if TYPE_CHECKING:
    from .auth import LoginAuth

EXTENSION = "QUART_FLASK_LOGIN"
_ATTRIBUTE = "_quart_flask_login"

# The proxies' own look-ups: half a microsecond less than through the proxy, each time.
current_request: Callable[[], Request] = cast(Any, request)._get_current_object
current_websocket: Callable[[], Websocket] = cast(Any, websocket)._get_current_object
_current_session: Callable[[], Any] = cast(Any, session)._get_current_object


class RequestLogin:
    """The user of one request: loaded before the view, and seen by nobody until it is asked for."""

    is_websocket = False
    #: Whether there was a chance to ask the loaders.
    is_resolved = False
    #: What the loaders said; None if they were not asked.
    outcome: Outcome | None = None
    #: What ``current_user`` is, once *is_committed*.
    user: Any = None
    is_committed = False
    #: ``user_accessed`` was sent.
    is_announced = False
    #: The response depends on the user.
    was_asked = False
    #: The login is not fresh, although the session may say so: it is a websocket's, which is not written, or is
    #: about an earlier login, while this user was shown by the request loader.
    is_stale = False
    #: The user as Quart-Auth's API sees it, once it was asked for there.
    auth_user: Any = None
    #: Where to call async signal receivers at once: in websockets, and once the response is out of hand.
    loop: asyncio.AbstractEventLoop | None = None
    #: Calls of async signal receivers that wait for the end of the request.
    postponed: list[Callable[[], Awaitable[Any]]] | None = None
    _lock: asyncio.Lock | None = None
    _resolver: asyncio.Task[Any] | None = None

    def __init__(self, auth: LoginAuth, connection: Request | Websocket) -> None:
        self.auth = auth
        self.session = _current_session()
        self._connection = ref(connection)  # which holds us: no cycle for the garbage collector
        connection.__dict__[_ATTRIBUTE] = self

    @property
    def connection(self) -> Request | Websocket:
        """The request or websocket."""
        return self._connection()  # type: ignore[return-value]  # it holds us

    # --- who this request claims to be

    def claim(self) -> Claim:
        """What the cookies say, nothing of it checked against the users."""
        cookie = None
        cookies = self.connection.cookies
        name = remember_cookie_name(self.auth.app.config)
        if name in cookies and not login_session.ignores_cookie(self.session):
            cookie = cookies[name]
        return self.session.get(USER_ID), cookie

    def identifiers(self) -> tuple[str, ...]:
        """What session protection may find in a session of this client; we write the first."""
        generator = self.auth.manager._session_identifier_generator
        return identifiers(self.connection) if generator is create_identifier else (generator(),)

    def verdict(self) -> Verdict:
        """What session protection says of this request."""
        auth, session = self.auth, self.session
        mode = auth.app.config.get("SESSION_PROTECTION", auth.manager.session_protection)
        if mode not in ("basic", "strong") or not session:
            return KEEP
        return protect(session.get(IDENTIFIER), self.identifiers(), mode, session)

    # --- the user

    async def resolve(self) -> None:
        """Ask the loaders, if there is anything to ask them, and keep what they say, or raise."""
        claim = self.claim()
        if names_somebody(claim, self.auth.manager):
            try:
                self.outcome = await ask(self, claim)
            except Exception as error:  # noqa: BLE001  # raised when the user is asked for
                self.outcome = Outcome(claim, error=error)
            self.is_stale = self.outcome.source is REQUEST
        self.is_resolved = True

    async def resolve_once(self) -> None:
        """Resolve unless that was done; tasks that ask at the same time share one load."""
        if self.is_committed:
            return
        if self._resolver is not None and self._resolver is asyncio.current_task():  # a loader asks for itself
            raise UserNotLoaded
        self._lock = self._lock or asyncio.Lock()
        async with self._lock:
            known = (None, None) if self.outcome is None else self.outcome.claim
            if not self.is_resolved or known != self.claim():
                self._resolver = asyncio.current_task()
                try:
                    await self.resolve()
                finally:
                    self._resolver = None

    def get_user(self) -> Any:
        """The user, whom from now on everybody may know to have been asked for; see ``commit``."""
        self.was_asked = True
        if not self.is_committed:
            commit(self)
        return self.user

    def show(self, user: Any) -> None:
        """Make *user* the user of this request; None for the anonymous one."""
        self.user = self.auth.manager.anonymous_user() if user is None else user
        self.is_committed = self.was_asked = True

    def has_failed(self) -> bool:
        """Whether a loader raised: then nothing may be written that changes who the user is."""
        return not self.is_committed and self.outcome is not None and self.outcome.error is not None

    # --- async signal receivers

    def postpone(self, receiver: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> None:
        """Call *receiver* at the end of this request; if that has passed, at once and in the background.

        A websocket has no such end: when its client goes, no code of ours runs any more.
        """
        if self.loop is None:
            self.postponed = [*(self.postponed or ()), partial(receiver, *args, **kwargs)]
        else:
            start = partial(self.auth.app.add_background_task, receiver, *args, **kwargs)
            self.loop.call_soon_threadsafe(start)

    async def deliver(self) -> None:
        """Await the receivers that were postponed, and those that they bring about."""
        while self.postponed:
            await self.postponed.pop(0)()


def current_login() -> RequestLogin:
    """The login of the current request or websocket.

    Raises:
        RuntimeError: there is neither.
    """
    try:
        connection: Request | Websocket = current_request()
    except RuntimeError:
        if not has_websocket_context():
            raise
        connection = current_websocket()
    return connection.__dict__.get(_ATTRIBUTE) or begin_login(find_auth(current_app), connection)


def find_login() -> RequestLogin | None:
    """The login of the current request or websocket; None outside of both."""
    return current_login() if has_request_context() or has_websocket_context() else None


def begin_login(auth: LoginAuth, connection: Request | Websocket) -> RequestLogin:
    """The login of a request or websocket, begun if it was not."""
    login: RequestLogin | None = connection.__dict__.get(_ATTRIBUTE)
    if login is None:
        login = RequestLogin(auth, connection)
        login.is_websocket = isinstance(connection, Websocket)
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
    return identifiers(current_request() if has_request_context() else current_websocket())[0]
