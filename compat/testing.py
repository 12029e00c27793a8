"""A test client that is logged in, for requests and websockets."""

from __future__ import annotations

from typing import Any

from quart import Quart
from quart.sessions import SecureCookieSessionInterface
from quart.testing import QuartClient

from . import login_session
from .current import find_auth
from .errors import ConfigurationError
from .protection import hash_client

#: The address and User-Agent of Quart's test client; requests with others in ``scope_base`` or headers are another
#: client to session protection.
_ADDRESS, _AGENT = "<local>", "Quart"


class LoginClient(QuartClient):
    """A test client in which *user* is logged in, as by ``login_user``; session protection accepts it.

    ``LoginClient(app, user=susan)``; or set ``app.test_client_class`` to it for ``app.test_client(user=susan)``.

    Args:
        app: an application with a LoginManager and Quart's own cookie session.
        use_cookies: as in QuartClient; a login needs them.
        user: the user who is logged in; None for no login.
        fresh_login: whether the login is fresh.
        remember: whether the client also has a remember cookie.

    Raises:
        ConfigurationError: the sessions are not cookies that can be written here; log in through a view.
    """

    def __init__(
        self,
        app: Quart,
        use_cookies: bool = True,
        *,
        user: Any = None,
        fresh_login: bool = True,
        remember: bool = False,
    ) -> None:
        super().__init__(app, use_cookies)
        if user is None:
            return
        auth = find_auth(app)
        user_id = getattr(user, auth.settings.id_attribute)()
        session: dict[str, Any] = {}
        self._write_login(session, user_id, fresh=fresh_login)
        interface = app.session_interface
        if not isinstance(interface, SecureCookieSessionInterface):
            raise ConfigurationError(
                "session_interface", interface, "LoginClient can write Quart's cookie session only"
            )
        serializer = interface.get_signing_serializer(app)
        if serializer is None:
            raise ConfigurationError("SECRET_KEY", None, "set it to something unique and secret")
        self._put_cookie(interface.get_cookie_name(app), serializer.dumps(session))
        if remember:
            self._put_cookie(auth.cookie_name, auth.dump_token(str(user_id), app))

    def _write_login(self, session: dict[str, Any], user_id: object, *, fresh: bool) -> None:
        login_session.begin(session, user_id, hash_client(_ADDRESS, _AGENT)[0], fresh=fresh)
        if fresh:
            login_session.stamp_freshness(session)

    def _put_cookie(self, name: str | None, value: str) -> None:
        self.set_cookie(self.app.config["SERVER_NAME"] or "localhost", str(name), value)


class FlaskLoginClient(LoginClient):
    """LoginClient under its name in Flask-Login, and with what that one writes to the session.

    It does not bind the login to a client, so ``"basic"`` protection marks it stale and ``"strong"`` refuses it.
    """

    def _write_login(self, session: dict[str, Any], user_id: object, *, fresh: bool) -> None:
        login_session.begin(session, user_id, None, fresh=fresh)
