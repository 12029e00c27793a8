"""Quart-Auth, as the keeper of identity and remember cookie: the only module that touches it.

One extension an application. Its hooks are where a request's login begins and ends; its tokens are the
remember cookie; and ``quart_auth.current_user`` is our user, seen through Quart-Auth's API.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from itsdangerous import BadData
from quart import Quart, Response
from quart_auth import Action, AuthUser, QuartAuth

from . import config as configuration
from . import login_session, tokens
from .config import Config
from .errors import ConfigurationError, IdentityConflict
from .login import logout_user
from .request_login import (
    EXTENSION,
    RequestLogin,
    attach_to_request,
    attach_to_websocket,
    current_login,
    find_login,
)

if TYPE_CHECKING:
    from .login_manager import LoginManager

#: Keeps remember tokens apart from every other token that is signed with the same key.
_SALT = "quart-flask-login remember cookie"


class _Live:
    """A setting of Quart-Auth that is read from the application's configuration at each use.

    Quart-Auth freezes its settings on the instance; Flask-Login reads them per request.
    """

    def __init__(self, read: Callable[[Config], Any]) -> None:
        self._read = read

    def __get__(self, auth: LoginAuth, owner: type | None = None) -> Any:
        return self._read(auth.app.config)

    def __set__(self, auth: LoginAuth, value: object) -> None:
        """Ignore what Quart-Auth wants to freeze."""


class LoginAuth(QuartAuth):
    """The Quart-Auth extension of an application that has a LoginManager."""

    cookie_name = _Live(configuration.remember_cookie_name)  # type: ignore[assignment]  # see _Live
    cookie_domain = _Live(lambda c: c.get("REMEMBER_COOKIE_DOMAIN"))  # type: ignore[assignment]
    cookie_path = _Live(lambda c: c.get("REMEMBER_COOKIE_PATH", "/"))  # type: ignore[assignment]
    cookie_secure = _Live(  # type: ignore[assignment]
        lambda c: c.get("REMEMBER_COOKIE_SECURE", configuration.COOKIE_SECURE)
    )
    cookie_http_only = _Live(  # type: ignore[assignment]
        lambda c: c.get("REMEMBER_COOKIE_HTTPONLY", configuration.COOKIE_HTTPONLY)
    )
    cookie_samesite = _Live(  # type: ignore[assignment]
        lambda c: c.get("REMEMBER_COOKIE_SAMESITE", configuration.COOKIE_SAMESITE)
    )
    duration = _Live(  # type: ignore[assignment]
        lambda c: int(configuration.remember_duration(c).total_seconds())
    )

    def __init__(self, app: Quart, manager: LoginManager[Any]) -> None:
        if any(other.singleton for other in app.extensions.get("QUART_AUTH", [])):
            raise IdentityConflict(
                "This application has a QuartAuth already, which would have a user of its own. "
                "Remove it, or give it singleton=False."
            )
        self.app = app
        self.manager = manager
        # Not a singleton while it initialises: Quart-Auth's context processor is sync and shows its own user.
        super().__init__(app, mode="cookie", salt=_SALT, singleton=False)
        self.singleton = True
        app.extensions[EXTENSION] = self
        # First of all hooks, whenever they were registered: they may ask for the user.
        app.before_request_funcs[None].insert(0, self.before_request)
        app.before_websocket_funcs[None].insert(0, self.before_websocket)
        # After hooks run from last to first. Ours ends the login, so it is the very last.
        app.after_request_funcs[None].remove(self.after_request)
        app.after_request_funcs[None].insert(0, self.after_request)

    # --- a request's login, from begin to end

    async def before_request(self) -> None:
        """Load the user, if there is one and anybody could ask for it."""
        login = attach_to_request(self)
        if self._may_be_asked(login):
            await login.resolve()

    async def before_websocket(self) -> None:
        """Load the user, if there is one."""
        login = attach_to_websocket(self)
        if self._may_be_asked(login):
            await login.resolve()

    def _may_be_asked(self, login: RequestLogin) -> bool:
        """Not for static files; for unknown URLs only where the application has error pages of its own."""
        connection = login.connection
        rule = connection.url_rule
        if rule is None or connection.routing_exception is not None:
            handlers = self.app.error_handler_spec.values()
            return any(by_class for by_code in handlers for by_class in by_code.values())
        endpoint = rule.endpoint
        return not (endpoint == "static" or endpoint.endswith(".static"))

    async def after_request(self, response: Response) -> Response:
        """Await the async receivers, then settle remember cookie and ``Vary``."""
        login = current_login()
        await login.deliver()
        if not login.has_failed():
            self.manager._update_remember_cookie(response)
        if login.was_asked:
            add_vary_cookie(response)
        return response

    async def after_websocket(self, response: Response | None) -> Response | None:
        """Await the async receivers. No cookie can be set here."""
        await current_login().deliver()
        return response

    def update_remember_cookie(self, login: RequestLogin, response: Response) -> None:
        """Set or delete the remember cookie, as login, logout or Quart-Auth's ``renew_login`` ordered."""
        session = login.session
        config = self.app.config
        order = login_session.take_remember_order(session)
        if order is None and config.get("REMEMBER_COOKIE_REFRESH_EACH_REQUEST"):
            if self.cookie_name in login.connection.cookies:  # only who asked to be remembered
                login_session.remember(session, None)
                order = login_session.take_remember_order(session)

        user_id = login_session.user_id(session)
        renewed = login.auth_user is not None and login.auth_user.action is Action.WRITE_PERMANENT
        if order == "clear":
            self.delete_cookie(response)
        elif user_id is not None and (order == "set" or renewed):
            self.remember_session(login, response)

    def remember_session(self, login: RequestLogin, response: Response) -> None:
        """Write the remember cookie for the user in the session."""
        session = login.session
        self.write_cookie(response, str(login_session.user_id(session)), login_session.remember_seconds(session))

    # --- the remember cookie

    def write_cookie(self, response: Response, user_id: str, seconds: float | None = None) -> None:
        """Remember *user_id* for *seconds*, or as long as configured.

        With ``Expires``, as Flask-Login writes it.

        Raises:
            DurationError: ``REMEMBER_COOKIE_DURATION`` is not a duration.
        """
        config = self.app.config
        duration = configuration.remember_duration(config) if seconds is None else timedelta(seconds=seconds)
        expires = configuration.expiry(duration)
        response.set_cookie(
            self.cookie_name,
            self.dump_token(user_id, seconds=seconds),
            expires=expires,
            domain=self.cookie_domain,
            path=self.cookie_path,
            secure=self.cookie_secure,
            httponly=self.cookie_http_only,
            samesite=self.cookie_samesite,
        )
        add_vary_cookie(response)

    def delete_cookie(self, response: Response) -> None:
        """Delete the cookie, with exactly the attributes it is set with, or browsers may keep it."""
        response.delete_cookie(
            self.cookie_name,
            domain=self.cookie_domain,
            path=self.cookie_path,
            secure=self.cookie_secure,
            httponly=self.cookie_http_only,
            samesite=self.cookie_samesite,
        )
        add_vary_cookie(response)

    def dump_token(self, auth_id: str, app: Quart | None = None, *, seconds: float | None = None) -> str:
        """A remember token for the user *auth_id*, in the format of ``REMEMBER_COOKIE_ISSUE``.

        A timed token holds *seconds* if given, and else lasts ``REMEMBER_COOKIE_DURATION``.

        Raises:
            ConfigurationError: the application has no ``SECRET_KEY``, or that setting is unknown.
        """
        config = self.app.config
        keys = configuration.verification_keys(config)
        if not keys:
            raise ConfigurationError("SECRET_KEY", None, "set it to something unique and secret")
        if configuration.issued_format(config) == "flask-login":
            return tokens.encode_cookie(auth_id, keys[-1])
        payload = auth_id if seconds is None else [auth_id, seconds]
        return str(self.serializer_class(keys, str(self.salt)).dumps(payload))

    def load_token(self, token: str, app: Quart | None = None) -> str | None:
        """The user id in a remember token; None if we did not sign it, if it is over or not accepted.

        A token that is up to 60 seconds from the future is good: hosts' clocks differ.
        """
        config = self.app.config
        keys = configuration.verification_keys(config)
        accepted = configuration.accepted_formats(config)
        if not keys:
            return None
        if "|" in token:
            return tokens.verify(token, keys) if "flask-login" in accepted else None
        if "timed" not in accepted:
            return None
        try:
            payload, issued = self.serializer_class(keys, str(self.salt)).loads(token, return_timestamp=True)
        except (BadData, UnicodeError):
            return None
        match payload:
            case str() as auth_id:
                seconds: float = self.duration  # type: ignore[assignment]  # see _Live
            case [str() as auth_id, int() | float() as seconds]:
                pass
            case _:
                return None
        age = int(time.time()) - int(issued.timestamp())
        return auth_id if -configuration.CLOCK_LEEWAY <= age <= seconds else None

    # --- Quart-Auth's own API

    def load_user(self) -> AuthUser:
        """Our user, as Quart-Auth's: authenticated here if and only if it is so there."""
        login = find_login()
        if login is None:
            return self.user_class(None)
        user = login.get_user()
        known = login.auth_user
        auth_id = getattr(user, self.manager.id_attribute)() if user.is_authenticated else None
        if known is None or known.auth_id != auth_id:
            login.auth_user = known = self.user_class(auth_id)
        return known  # type: ignore[no-any-return]  # kept on the request, which knows no Quart-Auth

    def login_user(self, user: AuthUser) -> NoReturn:
        """Raise: Quart-Auth knows an id, and we need the user."""
        raise IdentityConflict(
            "quart_auth.login_user() knows only an id. Load the user and call compat.login_user(user)."
        )

    def logout_user(self) -> None:
        """Log out, as ``compat.logout_user`` does."""
        logout_user()


def add_vary_cookie(response: Response) -> None:
    """Say that the response depends on the cookies; ``response.vary`` costs five times as much."""
    if "Vary" in response.headers:
        response.vary.add("Cookie")
    else:
        response.headers["Vary"] = "Cookie"
