"""The login of one request or websocket, and what the loaders answered: state only.

``loading`` and ``commit`` change it. It is kept on the request itself, because ``g`` belongs to the application
context, which several requests may share.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast
from weakref import ref

from quart import Request, Websocket
from quart.sessions import SessionMixin

from .remember_cookie import RememberCookie

#: The attribute of a request or websocket that holds its login.
ATTRIBUTE = "_quart_flask_login"

#: What the cookies of a request claim: the user id in the session, and the remember cookie as it was sent. The cookie
#: is read only if the session gives no user; None until then.
Claim = tuple[Any, str | None]


class Source(Enum):
    """Where a user was loaded from."""

    NO_USER = auto()
    SESSION = auto()
    REMEMBER_COOKIE = auto()
    REQUEST = auto()


#: The members as names of this module: in Python 3.11 an attribute of an Enum class costs more than a global.
NO_USER, SESSION, REMEMBER_COOKIE, REQUEST = Source


@dataclass
class Outcome:
    """The loaders' answer to one claim."""

    claim: Claim
    user: Any = None
    source: Source = NO_USER
    #: The id in the remember cookie, if the user came from it.
    remembered_id: str | None = None
    #: Whether the session names a user who no longer exists.
    is_user_gone: bool = False
    #: What a loader raised; *user* and the rest mean nothing then.
    error: Exception | None = None


class State(Enum):
    """How far the user of a request is known."""

    #: The loaders have not been called: the request has begun, or is for a static file or an unknown URL.
    NEW = auto()
    #: A task is calling the loaders.
    LOADING = auto()
    #: The loaders have answered, or there was none to call. Nothing has been written, and no signal sent.
    LOADED = auto()
    #: The user is ``current_user``: the session is written, and the signals are sent.
    SHOWN = auto()


#: The members as names of this module: in Python 3.11 an attribute of an Enum class costs more than a global.
NEW, LOADING, LOADED, SHOWN = State


class RequestLogin:
    """The login of one request or websocket.

    Args:
        auth: the Quart-Auth extension of the application.
        connection: the request or websocket, which holds this object from now on.
        session: its session.
    """

    #: What the cookies claimed when the loaders answered; None before.
    claim: Claim | None = None
    #: The user whom they found, and where.
    found: Any = None
    source = NO_USER
    #: The id in the remember cookie, if the user came from it.
    remembered_id: str | None = None
    #: What a loader raised instead.
    error: Exception | None = None
    #: What the loader that runs now has returned, and is awaited.
    pending: Awaitable[Any] | None = None
    #: Held while loading, so that tasks that need the user at the same time share one load.
    load_lock: AbstractAsyncContextManager[object] | None = None

    #: What ``current_user`` is, once the state is SHOWN.
    user: Any = None
    #: The login is not fresh, even if the session says so: a websocket's session is not written, and a user from the
    #: request loader has not logged in, even if an earlier login is left in the session.
    is_stale = False
    #: Whether the headers of the response are complete, so that no cookie can change any more.
    is_answered = False
    #: The event loop on which async receivers start at once: set in a websocket, and once a request's have been called.
    loop: object = None
    #: Whether it is a websocket, where nothing can be written.
    is_websocket = False

    def __init__(self, auth: RememberCookie, connection: Request | Websocket, session: SessionMixin) -> None:
        self.app = auth.app
        self.auth = auth
        self.settings = auth.settings
        self.session = session
        #: Call it for the request or websocket. It is weak, or the two would hold each other.
        self.connection: Callable[[], Request | Websocket] = cast(Any, ref(connection))
        connection.__dict__[ATTRIBUTE] = self

        # Each request reads these, from the object for a third of what it costs from the class (Python 3.11).
        self.state = NEW
        #: Whether ``user_accessed`` was sent.
        self.is_accessed = False
        #: Whether a loader raised, and no user has been shown since: then nothing may be written that changes the user.
        self.has_failed = False
        #: Whether the session names a user who no longer exists, or a login that has ended, and nobody has logged in
        #: since. Then nothing is written because of that: see ``commit.access_user``.
        self.is_user_missing = False
        #: Whether the response depends on the user, and so gets ``Vary: Cookie``.
        self.varies = False
        #: Whether a logout has ordered the remember cookie deleted. The order is in the session, too, which the
        #: application may empty afterwards.
        self.deletes_remember_cookie = False
        #: Whether the session gets a new id at the end of the request, as a login has begun, become fresh or ended.
        self.renews_session_id = False
        #: The user as Quart-Auth's API sees it, once that API has been used.
        self.auth_user: Any = None
        #: Calls of async signal receivers that are postponed to the end of the request.
        self.postponed: list[Callable[[], Awaitable[Any]]] | None = None

    def keep(self, outcome: Outcome) -> None:
        """Keep what the loaders answered."""
        self.claim, self.found, self.source = outcome.claim, outcome.user, outcome.source
        self.remembered_id, self.error = outcome.remembered_id, outcome.error
        self.is_user_missing = outcome.is_user_gone and outcome.user is None
        self.is_stale = outcome.source is REQUEST

    @property
    def may_keep_refusal(self) -> bool:
        """Whether a refusal may write its message, and the refused page, into the session."""
        return not self.is_user_missing or self.settings.flash_for_missing_user

    def show(self, user: Any) -> None:
        """Make *user* the user of this request; None for the anonymous one."""
        self.user = self.settings.anonymous_user() if user is None else user
        self.state = SHOWN
        self.has_failed = False
        self.varies = True
