"""The LoginManager: its loaders and handlers, and the answers to visitors who are refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast, overload

from blinker import NamedSignal
from quart import Quart, Request, Response, Websocket, abort, flash, redirect
from quart.typing import ResponseReturnValue
from werkzeug.urls import iri_to_uri

from .auth import LoginAuth
from .commit import access_user, judge
from .current import EXTENSION, current_login, current_user, find_auth, user_context
from .errors import ConfigurationError
from .hooks import settle_remember_cookie
from .login_session import REMEMBER_SECONDS, USER_ID
from .login_settings import Handler, LoginSettings
from .protection import DROP
from .redirects import refusal_url
from .request_login import LOADED, NEW
from .runtime import call
from .signals import send, user_needs_refresh, user_unauthorized
from .typing import RequestLoader, U, UserLoader


class LoginManager(LoginSettings[U]):
    """How an application logs users in: Flask-Login's settings, with its names and defaults.

    ``LoginManager[User]()`` types ``login_manager.current_user`` and the loaders by the application's own
    class. One manager may serve several applications.
    """

    def __init__(self, app: Quart | None = None, add_context_processor: bool = True) -> None:
        super().__init__()
        if app is not None:
            self.init_app(app, add_context_processor)

    def init_app(self, app: Quart, add_context_processor: bool = True) -> None:
        """Make this the manager of *app*, which gets it as ``app.login_manager``.

        Args:
            app: a Quart application without a (singleton) QuartAuth of its own.
            add_context_processor: give templates ``current_user``.

        Raises:
            ConfigurationError: the application is not Quart's.
            IdentityConflict: the application has a QuartAuth already.
        """
        if not isinstance(app, Quart):
            raise ConfigurationError("app", app, "make it with quart.Quart")
        app.login_manager = self  # type: ignore[attr-defined]  # where Flask-Login puts it
        if EXTENSION in app.extensions:
            find_auth(app).settings = self
            return
        LoginAuth(app, self)
        if add_context_processor:
            app.context_processor(user_context)

    # --- loaders and handlers

    @property
    def current_user(self) -> U:
        """``compat.current_user``, typed as the application's user."""
        return cast(U, current_user)

    @overload
    def user_loader(self, callback: Callable[[str], Awaitable[U | None]]) -> Callable[[str], Awaitable[U | None]]: ...
    @overload
    def user_loader(self, callback: Callable[[str], U | None]) -> Callable[[str], U | None]: ...
    def user_loader(self, callback: Any) -> Any:
        """Set the callback that loads a user by id; return it, so this is a decorator.

        The callback, sync or async, takes what ``get_id`` returned and returns the user, or None if that user no
        longer exists. It must raise if it cannot know: None logs the user out.
        """
        self._user_callback = callback
        return callback

    @property
    def user_callback(self) -> UserLoader[U] | None:
        """The user loader."""
        return self._user_callback

    @overload
    def request_loader(
        self, callback: Callable[[Request], Awaitable[U | None]]
    ) -> Callable[[Request], Awaitable[U | None]]: ...
    @overload
    def request_loader(self, callback: Callable[[Request], U | None]) -> Callable[[Request], U | None]: ...
    def request_loader(self, callback: Any) -> Any:
        """Set the callback that loads a user from the request itself, such as by an API key; return it.

        It is called if session and remember cookie give no user. In a websocket it gets the websocket.
        """
        self._request_callback = callback
        return callback

    @property
    def request_callback(self) -> RequestLoader[U] | None:
        """The request loader."""
        return self._request_callback

    def unauthorized_handler(self, callback: Handler) -> Handler:
        """Set the callback that answers instead of ``unauthorized``; return it."""
        self.unauthorized_callback = callback
        return callback

    def needs_refresh_handler(self, callback: Handler) -> Handler:
        """Set the callback that answers instead of ``needs_refresh``; return it."""
        self.needs_refresh_callback = callback
        return callback

    # --- refusals

    async def unauthorized(self) -> ResponseReturnValue:
        """Answer a visitor who has to log in; a view returns this answer.

        In this order: ``user_unauthorized`` is sent; the handler answers, if there is one; 401 without a login
        view; the message is flashed; the visitor is redirected, with the refused page as ``next``. A websocket,
        which can neither flash nor redirect, is always refused with 401. A visitor whose session names a user who no
        longer exists gets no message, unless ``flash_for_missing_user`` is set.

        Raises:
            werkzeug.exceptions.Unauthorized: there is nowhere to log in.
        """
        message, category, views = self.login_message, self.login_message_category, self.blueprint_login_views
        return await self._refuse(
            user_unauthorized, self.unauthorized_callback, self.login_view, message, category, views
        )

    async def needs_refresh(self) -> ResponseReturnValue:
        """Answer a user whose login is not fresh: as ``unauthorized``, with the settings for refreshing.

        Raises:
            werkzeug.exceptions.Unauthorized: there is nowhere to re-authenticate.
        """
        message, category = self.needs_refresh_message, self.needs_refresh_message_category
        return await self._refuse(user_needs_refresh, self.needs_refresh_callback, self.refresh_view, message, category)

    async def _refuse(
        self,
        signal: NamedSignal,
        handler: Handler | None,
        view: str | None,
        message: str | None,
        category: str,
        views_of_blueprints: Mapping[str | None, str | None] | None = None,
    ) -> ResponseReturnValue:
        login = current_login()
        if signal.receivers:
            send(signal, login)
        if login.is_websocket:
            abort(401)
        if handler is not None:
            return cast(ResponseReturnValue, await call(login.app, handler))
        if views_of_blueprints:
            view = views_of_blueprints.get(login.connection().blueprint) or view
        if not view:
            abort(401)
        if message and login.may_keep_refusal:
            if self.localize_callback is not None:
                message = await call(login.app, self.localize_callback, message)
            await flash(cast(str, message), category)
        return redirect(iri_to_uri(refusal_url(view)))  # Quart sends a Location as it is

    # --- underscored names of Flask-Login that its extensions use

    def _load_user(self) -> None:
        login = current_login()
        login.state = NEW if login.claim is None else LOADED
        login.has_failed = login.error is not None
        login.is_accessed = False
        access_user(login)

    def _update_request_context_with_user(self, user: U | None = None) -> None:
        current_login().show(user)

    def _session_protection_failed(self) -> bool:
        return judge(current_login()) is DROP

    async def _load_user_from_remember_cookie(self, cookie: str) -> U | None:
        login = current_login()
        user_id = login.auth.load_token(cookie, login.app)
        return None if user_id is None else await self._call(self._user_callback, user_id)

    async def _load_user_from_request(self, request: Request | Websocket) -> U | None:
        return await self._call(self._request_callback, request)

    async def _call(self, loader: Callable[..., Any] | None, argument: object) -> U | None:
        return None if loader is None else await call(current_login().app, loader, argument)

    def _update_remember_cookie(self, response: Response) -> Response:
        settle_remember_cookie(current_login(), response)
        return response

    def _set_cookie(self, response: Response) -> None:
        login = current_login()
        login.auth.write_cookie(response, str(login.session[USER_ID]), login.session.get(REMEMBER_SECONDS))

    def _clear_cookie(self, response: Response) -> None:
        login = current_login()
        login.auth.delete_cookie(response, login.connection())
