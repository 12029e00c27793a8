"""Quart-Auth, as the keeper of identity and remember cookie: the only module that touches it.

One extension an application. Its hooks are where a request's login begins and ends; its tokens are the
remember cookie; and ``quart_auth.current_user`` is our user, seen through Quart-Auth's API.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from itsdangerous import URLSafeTimedSerializer
from quart import Quart, Request, Response, Websocket, has_request_context
from quart_auth import Action, AuthUser, QuartAuth

from . import config as configuration
from . import login_session, tokens
from .config import Config
from .errors import ConfigurationError, IdentityConflict, WebsocketIsReadOnly
from .login import is_authenticated, logout_user
from .login_session import REMEMBER_SECONDS, USER_ID
from .request_login import (
    EXTENSION,
    RequestLogin,
    begin_login,
    current_login,
    current_request,
    current_websocket,
    find_login,
)

if TYPE_CHECKING:
    from .login_manager import LoginManager

#: Keeps remember tokens apart from whatever else is signed with the same key.
_SALT = "quart-flask-login remember cookie"


class _Live:
    """A setting that Quart-Auth freezes on the instance, and Flask-Login reads from the configuration."""

    def __init__(self, read: Callable[[Config], Any]) -> None:
        self._read = read

    def __get__(self, auth: LoginAuth, owner: type | None = None) -> Any:
        return self._read(auth.app.config)

    def __set__(self, auth: LoginAuth, value: object) -> None:
        """Ignore what Quart-Auth wants to freeze."""


class _Peers(list[QuartAuth]):
    """The QuartAuth extensions of an application, which from now on can have no other singleton."""

    def append(self, extension: QuartAuth) -> None:
        _refuse_singleton(extension)
        super().append(extension)


def _refuse_singleton(extension: QuartAuth) -> None:
    if extension.singleton:
        raise IdentityConflict(
            "A QuartAuth beside the LoginManager would have a user of its own: remove it, or give it singleton=False."
        )


class LoginAuth(QuartAuth):
    """The Quart-Auth extension of an application that has a LoginManager."""

    cookie_name = _Live(configuration.remember_cookie_name)
    cookie_domain = _Live(lambda config: config.get("REMEMBER_COOKIE_DOMAIN"))
    cookie_path = _Live(lambda config: config.get("REMEMBER_COOKIE_PATH", "/"))
    cookie_secure = _Live(lambda config: config.get("REMEMBER_COOKIE_SECURE", configuration.COOKIE_SECURE))
    cookie_http_only = _Live(lambda config: config.get("REMEMBER_COOKIE_HTTPONLY", configuration.COOKIE_HTTPONLY))
    cookie_samesite = _Live(lambda config: config.get("REMEMBER_COOKIE_SAMESITE", configuration.COOKIE_SAMESITE))
    duration = _Live(lambda config: config.get("REMEMBER_COOKIE_DURATION", configuration.COOKIE_DURATION))

    def __init__(self, app: Quart, manager: LoginManager[Any]) -> None:
        for other in app.extensions.get("QUART_AUTH", []):
            _refuse_singleton(other)
        self.app = app
        self.manager = manager
        # No singleton while it initialises: Quart-Auth's context processor is sync, and its user not ours.
        super().__init__(app, mode="cookie", salt=_SALT, singleton=False)
        self.singleton = True
        app.extensions["QUART_AUTH"] = _Peers(app.extensions["QUART_AUTH"])
        app.extensions[EXTENSION] = self
        # Before all other hooks, whenever they were registered: they may ask for the user.
        app.before_request_funcs[None].insert(0, self.before_request)
        app.before_websocket_funcs[None].insert(0, self.before_websocket)
        # After hooks run from last to first. Ours ends the login, so it is the very last.
        app.after_request_funcs[None].remove(self.after_request)
        app.after_request_funcs[None].insert(0, self.after_request)

    # --- a request's login, from begin to end

    async def before_request(self) -> None:
        """Load the user, if there is one and anybody could ask for it."""
        login = begin_login(self, current_request())
        if self._may_be_asked(login.connection):
            await login.resolve()

    async def before_websocket(self) -> None:
        """Load the user, if there is one and anybody could ask for it."""
        if has_request_context():
            raise IdentityConflict("A websocket inside a request context would have the request's user (Quart 0.22).")
        login = begin_login(self, current_websocket())
        login.loop = asyncio.get_running_loop()
        if self._may_be_asked(login.connection):
            await login.resolve()

    def _may_be_asked(self, connection: Request | Websocket) -> bool:
        """Not for static files and unknown URLs, unless hooks or error pages of the application could ask."""
        app, rule = self.app, connection.url_rule
        if rule is not None and ("static" not in rule.endpoint or not is_static(app, rule.endpoint)):
            return True
        if not self.manager.load_for_hooks:
            return False
        hooks = (app.before_request_funcs, app.after_request_funcs, app.before_websocket_funcs)
        handlers = (by_class for by_code in app.error_handler_spec.values() for by_class in by_code.values())
        names = (None, *connection.blueprints)
        return (
            any(_is_foreign(hook) for by_name in hooks for name in names for hook in by_name.get(name, ()))
            or any(app.teardown_request_funcs.values())
            or any(handlers)
        )

    async def after_request(self, response: Response) -> Response:
        """Await the async receivers, then settle remember cookie and ``Vary``."""
        login = current_login()
        if login.postponed:
            await login.deliver()
        login.loop = asyncio.get_running_loop()
        if not login.has_failed():
            self.settle_cookie(login, response)
        if login.was_asked:
            add_vary_cookie(response)
        return response

    async def after_websocket(self, response: Response | None) -> Response | None:
        """Raise WebsocketIsReadOnly if Quart-Auth's ``renew_login`` was called: no cookie can be set here."""
        auth_user = current_login().auth_user
        if auth_user is not None and auth_user.action is not Action.PASS:
            raise WebsocketIsReadOnly("renew_login")
        return response

    # --- the remember cookie

    def settle_cookie(self, login: RequestLogin, response: Response) -> None:
        """Set or delete the remember cookie, as login, logout or Quart-Auth's ``renew_login`` ordered."""
        session = login.session
        if self.app.config.get("REMEMBER_COOKIE_REFRESH_EACH_REQUEST"):
            login_session.renew(session, has_cookie=self.cookie_name in login.connection.cookies)
        order = login_session.take_order(session)
        if order is None and login.auth_user is not None:
            order = "set" if login.auth_user.action is Action.WRITE_PERMANENT else None

        if order == "clear":
            self.delete_cookie(response)
        elif order == "set" and session.get(USER_ID) is not None:
            self.write_cookie(response, str(session[USER_ID]), session.get(REMEMBER_SECONDS))

    def write_cookie(self, response: Response, user_id: str, seconds: float | None = None) -> None:
        """Remember *user_id* for *seconds*, or as configured; with ``Expires``, as Flask-Login writes it."""
        config = self.app.config
        duration = configuration.remember_duration(config) if seconds is None else timedelta(seconds=seconds)
        expires = configuration.expiry(duration)
        token = self.dump_token(user_id, seconds=seconds)
        response.set_cookie(self.cookie_name, token, expires=expires, **self._cookie_attributes())
        add_vary_cookie(response)

    def delete_cookie(self, response: Response) -> None:
        """Delete the cookie, with exactly the attributes it is set with, or browsers may keep it."""
        response.delete_cookie(self.cookie_name, **self._cookie_attributes())
        add_vary_cookie(response)

    def _cookie_attributes(self) -> dict[str, Any]:
        return {
            "domain": self.cookie_domain,
            "path": self.cookie_path,
            "secure": self.cookie_secure,
            "httponly": self.cookie_http_only,
            "samesite": self.cookie_samesite,
        }

    def dump_token(self, auth_id: str, app: Quart | None = None, *, seconds: float | None = None) -> str:
        """A remember token for *auth_id*; see ``tokens``."""
        return tokens.dump_token(self.app.config, self._serializer(), auth_id, seconds)

    def load_token(self, token: str, app: Quart | None = None) -> str | None:
        """The user id in a remember token, or None; see ``tokens``."""
        config = self.app.config
        if not config.get("SECRET_KEY"):
            return None
        return tokens.load_token(config, self._serializer(), token)

    def _serializer(self) -> URLSafeTimedSerializer:
        keys = configuration.verification_keys(self.app.config)
        if not keys:
            raise ConfigurationError("SECRET_KEY", None, "set it to something unique and secret")
        return self.serializer_class(keys, _SALT)

    # --- Quart-Auth's own API

    def load_user(self) -> AuthUser:
        """Our user, as Quart-Auth's: authenticated there if and only if it is so here."""
        login = find_login()
        if login is None:
            return self.user_class(None)
        user = login.get_user()
        auth_id = getattr(user, self.manager.id_attribute)() if is_authenticated(user) else None
        if login.auth_user is None or login.auth_user.auth_id != auth_id:
            login.auth_user = self.user_class(auth_id)
        auth_user: AuthUser = login.auth_user
        return auth_user

    def login_user(self, user: AuthUser) -> NoReturn:
        """Raise: Quart-Auth knows an id, and we need the user."""
        raise IdentityConflict(
            "quart_auth.login_user() knows only an id: load the user and call compat.login_user(user)."
        )

    def logout_user(self) -> None:
        """Log out, as ``compat.logout_user`` does."""
        logout_user()


def _is_foreign(hook: Callable[..., Any]) -> bool:
    return getattr(hook, "__module__", None) not in (__name__, f"{__package__}.guard")


def is_static(app: Quart, endpoint: str) -> bool:
    """Whether Quart's own view of static files answers *endpoint*."""
    if endpoint != "static" and not endpoint.endswith(".static"):
        return False
    return getattr(app.view_functions.get(endpoint), "__name__", None) == "send_static_file"


def add_vary_cookie(response: Response) -> None:
    """Say that the response depends on the cookies; ``response.vary`` alone costs ten times as much."""
    for name, _ in response.headers:
        if name.lower() == "vary":
            response.vary.add("Cookie")
            return
    response.headers.add("Vary", "Cookie")
