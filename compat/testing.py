"""A test client that is logged in, for requests and websockets."""

from __future__ import annotations

from typing import Any

from quart import Quart, Response
from quart.sessions import SecureCookieSessionInterface
from quart.testing import QuartClient
from quart.typing import TestWebsocketConnectionProtocol

from . import login_session
from .current import find_auth
from .errors import ConfigurationError
from .mixins import read_id
from .protection import hash_client

#: The address and User-Agent of Quart's test client; requests with others in ``scope_base`` or headers are another
#: client to session protection.
_ADDRESS, _AGENT = "<local>", "Quart"


class LoginClient(QuartClient):
    """A test client in which *user* is logged in, as by ``login_user``; session protection accepts it.

    ``LoginClient(app, user=susan)``; or set ``app.test_client_class`` to it for ``app.test_client(user=susan)``.

    Args:
        app: an application with a LoginManager. If its sessions are kept on a server, the client logs in with its first
            request.
        use_cookies: as in QuartClient; a login needs them.
        user: the user who is logged in; None for no login.
        fresh_login: whether the login is fresh.
        remember: whether the client also has a remember cookie.

    Raises:
        ConfigurationError: SECRET_KEY is missing.
    """

    _unwritten: dict[str, Any] | None = None

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
        user_id = read_id(user, auth.settings.id_attribute)
        session: dict[str, Any] = {}
        self._write_login(session, user_id, fresh=fresh_login)
        interface: Any = app.session_interface
        if isinstance(interface, SecureCookieSessionInterface):
            serializer = interface.get_signing_serializer(app)
            if serializer is None:
                raise ConfigurationError("SECRET_KEY", None, "set it to something unique and secret")
            self._put_cookie(interface.get_cookie_name(app), serializer.dumps(session))
        else:
            self._unwritten = session
        if remember:
            self._put_cookie(auth.cookie_name, auth.dump_token(str(user_id), app))

    async def open(self, path: str, **arguments: Any) -> Response:
        """Send a request, as QuartClient does; the first one logs in, if the sessions are kept on a server."""
        if self._unwritten is not None:
            login, self._unwritten = self._unwritten, None
            async with self.session_transaction() as session:
                session.update(login)
        return await super().open(path, **arguments)

    def websocket(self, path: str, **arguments: Any) -> TestWebsocketConnectionProtocol:
        """Open a websocket, as QuartClient does.

        Raises:
            RuntimeError: the sessions are kept on a server, and no request was sent that could log in.
        """
        if self._unwritten is not None:
            raise RuntimeError("LoginClient logs in with its first request: send one before you open a websocket.")
        return super().websocket(path, **arguments)

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
