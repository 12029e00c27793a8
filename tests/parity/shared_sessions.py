"""Sessions in one Redis for both sides: Flask-Session's on Flask, and compat.server_sessions on Quart."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import flask
import flask_session  # type: ignore[import-untyped]
import msgspec
import quart
import redis
import redis.asyncio

from compat.server_sessions import Session

from .loops import Loop

PREFIX = "session:"


class SharedSessions:
    """A Redis for both sides.

    Args:
        client: reads what either side has written; Flask's own client, too.
        async_client: Quart's client.
        settings: the settings of Flask-Session that both get.
    """

    def __init__(self, client: Any, async_client: Any, settings: dict[str, Any]) -> None:
        self.client = client
        self._async_client = async_client
        self._settings = {"SESSION_TYPE": "redis", **settings}

    def __repr__(self) -> str:
        return f"SharedSessions({self._settings})"

    def serve_flask(self, app: flask.Flask) -> None:
        """Keep the sessions of *app* in Redis, by Flask-Session."""
        app.config.update(self._settings, SESSION_REDIS=self.client)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of signed ids, which older applications have
            flask_session.Session(app)

    def serve_quart(self, app: quart.Quart) -> None:
        """Keep the sessions of *app* in Redis, by compat."""
        app.config.update(self._settings, SESSION_REDIS=self._async_client)
        Session(app)

    def content(self, cookie: str) -> object:
        """What Redis keeps for the id in a cookie."""
        stored = self.client.get(PREFIX + self.sid(cookie))
        if stored is None:
            return None
        form: Any = msgspec.json if self._settings.get("SESSION_SERIALIZATION_FORMAT") == "json" else msgspec.msgpack
        return form.decode(stored)

    def sid(self, cookie: str) -> str:
        """The id in a cookie, which may be signed."""
        return cookie.rpartition(".")[0] if self._settings.get("SESSION_USE_SIGNER") else cookie


@contextmanager
def shared_sessions(url: str, loop: Loop, **settings: Any) -> Iterator[SharedSessions]:
    """Connect both sides to a Redis that is empty at first."""
    async_client = redis.asyncio.from_url(url)
    with closing(redis.from_url(url)) as client:
        client.flushall()
        try:
            yield SharedSessions(client, async_client, settings)
        finally:
            loop.run(async_client.aclose())
