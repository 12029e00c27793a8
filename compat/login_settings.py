"""The settings of an application's logins: the attributes and callbacks of a LoginManager, which adds the behaviour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, Generic, Literal

from quart.typing import ResponseReturnValue

from .config import (
    ID_ATTRIBUTE,
    LOGIN_MESSAGE,
    LOGIN_MESSAGE_CATEGORY,
    REFRESH_MESSAGE,
    REFRESH_MESSAGE_CATEGORY,
)
from .mixins import AnonymousUserMixin
from .protection import create_identifier
from .typing import RequestLoader, U, UserLoader

Handler = Callable[[], Awaitable[ResponseReturnValue]] | Callable[[], ResponseReturnValue]


class LoginSettings(ABC, Generic[U]):
    """Flask-Login's settings, with its names and defaults. The base of LoginManager."""

    def __init__(self) -> None:
        #: Makes the anonymous user; called for each request that needs one.
        self.anonymous_user: Callable[[], Any] = AnonymousUserMixin
        #: The endpoint or URL where visitors log in; None answers 401.
        self.login_view: str | None = None
        #: The same by blueprint name (dotted for nested ones); None falls back to ``login_view``.
        self.blueprint_login_views: dict[str | None, str | None] = {}
        #: Flashed to visitors who are sent to log in; None flashes nothing.
        self.login_message: str | None = LOGIN_MESSAGE
        #: The category of this message, for ``get_flashed_messages``.
        self.login_message_category: str = LOGIN_MESSAGE_CATEGORY
        #: The endpoint or URL where users re-authenticate; None answers 401.
        self.refresh_view: str | None = None
        #: Flashed to users who are sent to re-authenticate; None flashes nothing.
        self.needs_refresh_message: str | None = REFRESH_MESSAGE
        #: The category of this message.
        self.needs_refresh_message_category: str = REFRESH_MESSAGE_CATEGORY
        #: The endpoint or URL for users who open pages for logged-out visitors; None answers 403.
        self.authenticated_view: str | None = None
        #: ``"basic"``, ``"strong"`` or None; the configuration's ``SESSION_PROTECTION`` takes precedence.
        self.session_protection: Literal["basic", "strong"] | None = "basic"
        #: Translates the messages; sync or async.
        self.localize_callback: Callable[[Any], Any] | None = None
        #: Flash the message of a refusal, and keep the refused page with ``USE_SESSION_FOR_NEXT``, even if the session
        #: names a user who no longer exists, or a login that has ended. That writes the session, and so may overwrite
        #: a login that another request of the same browser has just begun or renewed. Set it if the cookie that this
        #: writes is not that of the login.
        self.flash_for_missing_user = False
        #: Answers instead of ``unauthorized``; see ``unauthorized_handler``.
        self.unauthorized_callback: Handler | None = None
        #: Answers instead of ``needs_refresh``; see ``needs_refresh_handler``.
        self.needs_refresh_callback: Handler | None = None
        #: Load the user for static files and unknown URLs too, if the application has hooks or error pages that
        #: could read it. False promises that they do not, or that they await ``load_user`` first.
        self.load_for_hooks = True
        #: The name of the user's method that returns the id to keep in the session.
        self.id_attribute: str = ID_ATTRIBUTE
        # Underscored in Flask-Login, whose extensions use them; read by the modules of this package too.
        self._user_callback: UserLoader[U] | None = None
        self._request_callback: RequestLoader[U] | None = None
        self._session_identifier_generator: Callable[[], str] = create_identifier

    @abstractmethod
    async def unauthorized(self) -> ResponseReturnValue:
        """Answer a visitor who has to log in."""

    @abstractmethod
    async def needs_refresh(self) -> ResponseReturnValue:
        """Answer a user who has to re-authenticate."""
