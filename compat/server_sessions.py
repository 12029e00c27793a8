"""Sessions in Redis as Flask-Session 0.8 keeps them: its application and one on Quart can share them.

``from flask_session import Session`` becomes ``from compat.server_sessions import Session``, and the client of Redis
the async one. Keys, cookies, content (msgpack or JSON) and signed ids are Flask-Session's; so are the settings, but
``SESSION_TYPE`` can only be ``"redis"``. Needs the extra ``[sessions]``: redis and msgspec.

What differs. A request that changes nothing in the session renews how long Redis keeps it, and does not write it again;
a change inside a list or a dict of the session is one, whether or not ``session.modified`` is set.
A session that was deleted meanwhile, as a login or logout in another request deletes it, is neither written nor named
in the cookie: a slow request undoes neither. Sessions that were pickled before Flask-Session 0.7 are not read: they
begin anew.
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from itsdangerous import BadSignature, Signer
from quart import Quart, Response
from quart.sessions import SecureCookieSession, SessionInterface
from quart.wrappers import BaseRequestWebsocket
from redis.asyncio import Redis, RedisCluster
from redis.exceptions import ResponseError
from werkzeug.wrappers import Response as WerkzeugResponse

from .errors import ConfigurationError

_PERMANENT = "_permanent"
#: OWASP's least for the randomness of a session's id: 64 bits (Session Management Cheat Sheet).
_LEAST_ID_BYTES = 8
_FORMATS: dict[str, Any] = {"msgpack": msgspec.msgpack, "json": msgspec.json}


class ServerSession(SecureCookieSession):
    """A session with an id. It counts as empty if it only says that it is permanent, as in Flask-Session.

    Args:
        sid: the id.
        content: what Redis has under the id; None if it has nothing.
        encoded: *content* as it would be written now.
    """

    def __init__(self, sid: str, content: dict[str, Any] | None = None, encoded: bytes | None = None) -> None:
        super().__init__(content)
        self.sid = sid
        #: Whether Redis had a session with this id when the request began.
        self.is_stored = content is not None
        #: To be compared at the end: Python tells a session nothing of a change inside a list or a dict that it holds.
        self.encoded_before = encoded

    def __bool__(self) -> bool:
        return any(key != _PERMANENT for key in self)

    def clear(self) -> None:
        """Remove everything, but not whether it is permanent."""
        permanent = self.permanent
        super().clear()
        self.permanent = permanent


class RedisSessionInterface(SessionInterface):
    """Reads sessions from Redis before a request, and writes them after it.

    Args:
        client: an async client of Redis, or of a cluster, that returns bytes.
        key_prefix: what the keys in Redis begin with.
        permanent: whether new sessions are permanent.
        id_bytes: how many random bytes an id is made of.
        serialization_format: ``"msgpack"`` or ``"json"``; either is read.
        use_signer: whether the id in the cookie is signed with ``SECRET_KEY``.
    """

    def __init__(
        self,
        client: Redis | RedisCluster,
        *,
        key_prefix: str = "session:",
        permanent: bool = True,
        id_bytes: int = 32,
        serialization_format: str = "msgpack",
        use_signer: bool = False,
    ) -> None:
        self.client = client
        self.key_prefix = key_prefix
        self.permanent = permanent
        self.id_bytes = id_bytes
        self.use_signer = use_signer
        self._encode = _FORMATS[serialization_format].Encoder(enc_hook=_to_text).encode

    async def open_session(self, app: Quart, request: BaseRequestWebsocket) -> ServerSession:
        """Read the session of the cookie. An id that Redis does not know is replaced: nobody can choose one.

        Raises:
            ConfigurationError: the client returns text.
            RedisError: Redis does not answer.
        """
        sid = self._read_id(app, request.cookies.get(self.get_cookie_name(app)))
        if sid is not None:
            content = self._decode(app, await self._read(self.key_prefix + sid))
            if content is not None:
                return ServerSession(sid, content, self._encode(content))
        session = ServerSession(self._new_id())
        if self.permanent:
            session.permanent = True
            session.modified = False
        return session

    async def save_session(  # type: ignore[override]  # only its own sessions come here
        self, app: Quart, session: ServerSession, response: Response | WerkzeugResponse | None
    ) -> None:
        """Write the session to Redis, if it was changed, and its id to the cookie. A websocket's is not written.

        Nor is one that Redis has no longer: another request has ended it, or given it a new id, whose cookie stays.

        Raises:
            RedisError: Redis does not answer.
            TypeError: the session holds what msgspec cannot write.
        """
        if response is None:
            if session.modified:
                app.logger.error("A websocket changed the session. The change is lost: change it in an HTTP request.")
            return
        name, key = self.get_cookie_name(app), self.key_prefix + session.sid
        place: dict[str, Any] = {
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "samesite": self.get_cookie_samesite(app),
            "httponly": self.get_cookie_httponly(app),
            "partitioned": self.get_cookie_partitioned(app),
        }
        if session.accessed:
            response.vary.add("Cookie")
        if not session:
            if session.modified:
                await self.client.delete(key)
                response.delete_cookie(name, **place)
                response.vary.add("Cookie")
            return
        is_kept, lifetime, content = True, app.permanent_session_lifetime, self._encode(dict(session))
        if session.modified or content != session.encoded_before:
            is_kept = bool(await self.client.set(key, content, ex=lifetime, xx=session.is_stored))
        elif app.config["SESSION_REFRESH_EACH_REQUEST"]:
            is_kept = bool(await self.client.expire(key, lifetime))
        if is_kept and self.should_set_cookie(app, session):
            value = self._signer(app).sign(session.sid).decode() if self.use_signer else session.sid
            response.set_cookie(name, value, expires=self.get_expiration_time(app, session), **place)
            response.vary.add("Cookie")

    async def regenerate(self, session: ServerSession) -> None:
        """Give the session a new id, and delete what Redis has under the old one: done at login and logout."""
        await self.client.delete(self.key_prefix + session.sid)
        session.sid, session.is_stored = self._new_id(), False
        session.modified = True

    async def _read(self, key: str) -> object:
        """What Redis has under a key that a stranger may have chosen: None if it is a list, a hash and the like."""
        try:
            return await self.client.get(key)
        except ResponseError as error:
            if not str(error).startswith("WRONGTYPE"):
                raise
            return None

    def _new_id(self) -> str:
        return secrets.token_urlsafe(self.id_bytes)

    def _read_id(self, app: Quart, cookie: str | None) -> str | None:
        if not cookie or not self.use_signer:
            return cookie or None
        try:
            return self._signer(app).unsign(cookie).decode()
        except BadSignature:
            return None

    def _signer(self, app: Quart) -> Signer:
        if not app.secret_key:
            raise ConfigurationError("SECRET_KEY", None, "set it to something unique and secret")
        return Signer(app.secret_key, salt="flask-session", key_derivation="hmac")

    def _decode(self, app: Quart, stored: object) -> dict[str, Any] | None:
        if isinstance(stored, str):
            raise ConfigurationError("SESSION_REDIS", self.client, "make the client without decode_responses")
        if not isinstance(stored, bytes):
            return None
        for form in _FORMATS.values():
            try:
                content = form.decode(stored)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
            if isinstance(content, dict):
                return content
        app.logger.warning("A session in Redis was discarded: it is neither msgpack nor JSON. Its login is lost.")
        return None


class Session:
    """Keeps an application's sessions in Redis, by Flask-Session's settings.

    ``SESSION_REDIS`` is a ``redis.asyncio.Redis`` or ``RedisCluster``, by default the Redis on this machine;
    ``SESSION_KEY_PREFIX``, ``SESSION_PERMANENT``, ``SESSION_ID_LENGTH`` (bytes), ``SESSION_SERIALIZATION_FORMAT`` and
    ``SESSION_USE_SIGNER`` are as in Flask-Session 0.8.

    Raises:
        ConfigurationError: one of the settings cannot be used.
    """

    def __init__(self, app: Quart | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Quart) -> None:
        """Put the sessions of *app* into Redis. Its connections are closed when the application stops."""
        get = app.config.get
        if str(get("SESSION_TYPE", "redis")).lower() != "redis":
            raise ConfigurationError("SESSION_TYPE", get("SESSION_TYPE"), "only 'redis' is supported")
        serialization_format = get("SESSION_SERIALIZATION_FORMAT", "msgpack")
        if serialization_format not in _FORMATS:
            raise ConfigurationError(
                "SESSION_SERIALIZATION_FORMAT", serialization_format, f"use one of {', '.join(_FORMATS)}"
            )
        key_prefix, id_bytes = get("SESSION_KEY_PREFIX", "session:"), get("SESSION_ID_LENGTH", 32)
        if not isinstance(key_prefix, str):
            raise ConfigurationError("SESSION_KEY_PREFIX", key_prefix, "use text, which may be empty")
        if not isinstance(id_bytes, int) or id_bytes < _LEAST_ID_BYTES:
            raise ConfigurationError("SESSION_ID_LENGTH", id_bytes, f"use a number of bytes from {_LEAST_ID_BYTES}")
        client = get("SESSION_REDIS") or Redis()
        if not isinstance(client, Redis | RedisCluster):
            # Its type alone: a URL may hold a password.
            raise ConfigurationError("SESSION_REDIS", type(client), "make it with redis.asyncio.Redis or RedisCluster")
        app.session_interface = RedisSessionInterface(  # type: ignore[assignment]  # any interface may be set
            client,
            key_prefix=key_prefix,
            permanent=get("SESSION_PERMANENT", True),
            id_bytes=id_bytes,
            serialization_format=serialization_format,
            use_signer=get("SESSION_USE_SIGNER", False),
        )
        app.after_serving(client.aclose)


def _to_text(value: object) -> str:
    """The text of a translation that is made when it is shown: a session keeps the text."""
    if hasattr(value, "__html__"):
        return str(value)
    raise TypeError(f"A session cannot keep {type(value).__name__}.")
