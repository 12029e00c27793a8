"""Quart-Auth's API, showing our user.

What Quart-Auth does: it is the extension of the application, so ``quart_auth.current_user``, ``login_required``,
``logout_user``, ``renew_login`` and ``authenticated_client`` find it and work; and it signs and verifies the remember
cookie (see ``remember_cookie``).

What it does not do, and why. It does not decide who the user is: a signed id is enough for it, while Flask-Login's user
is loaded by the application and checked by session protection. So ``load_user``, ``login_user`` and ``logout_user`` are
ours; Quart-Auth would also keep its user on ``g``, which several requests may share. Its ``after_request`` and
``after_websocket`` are not used: ``hooks`` has what Flask-Login does at these moments.
"""

from __future__ import annotations

from typing import Any, NoReturn

from quart import Quart
from quart_auth import AuthUser, QuartAuth

from . import hooks
from .commit import access_user
from .current import EXTENSION, find_login
from .errors import IdentityConflict
from .login import logout_user
from .login_settings import LoginSettings
from .mixins import is_authenticated
from .remember_cookie import RememberCookie


class LoginAuth(RememberCookie):
    """The Quart-Auth extension of an application that has a LoginManager.

    Raises:
        IdentityConflict: the application has a singleton QuartAuth already.
    """

    def __init__(self, app: Quart, settings: LoginSettings[Any]) -> None:
        for other in app.extensions.get("QUART_AUTH", []):
            _refuse_singleton(other)
        super().__init__(app, settings)
        self.singleton = True
        app.extensions["QUART_AUTH"] = _Extensions(app.extensions["QUART_AUTH"])
        app.extensions[EXTENSION] = self
        app.after_request_funcs[None].remove(self.after_request)
        app.after_websocket_funcs[None].remove(self.after_websocket)  # type: ignore[arg-type]  # narrower than Quart's
        hooks.install(app, self)

    def load_user(self) -> AuthUser:
        """Our user as Quart-Auth's: authenticated there if and only if it is authenticated here."""
        login = find_login()
        if login is None:
            return self.user_class(None)
        user = access_user(login)
        auth_id = getattr(user, self.settings.id_attribute)() if is_authenticated(user) else None
        if login.auth_user is None or login.auth_user.auth_id != auth_id:
            login.auth_user = self.user_class(auth_id)
        auth_user: AuthUser = login.auth_user
        return auth_user

    def login_user(self, user: AuthUser) -> NoReturn:
        """Raise: Quart-Auth has only an id, and a login needs the user."""
        raise IdentityConflict(
            "quart_auth.login_user() knows only an id: load the user and call compat.login_user(user)."
        )

    def logout_user(self) -> None:
        """Log out, as ``compat.logout_user`` does."""
        logout_user()


class _Extensions(list[QuartAuth]):
    """The QuartAuth extensions of an application, to which no other singleton can be added."""

    def append(self, extension: QuartAuth) -> None:
        _refuse_singleton(extension)
        super().append(extension)


def _refuse_singleton(extension: QuartAuth) -> None:
    if extension.singleton:
        raise IdentityConflict(
            "A QuartAuth beside the LoginManager would have a user of its own: remove it, or give it singleton=False."
        )
