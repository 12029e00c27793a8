"""``/healthz``, ``/readyz`` and ``/metrics``: for load balancers, orchestrators and Prometheus.

They are answered in front of Quart: no session is opened for them, no user looked for, nothing throttled, and a check
of the host name, which a load balancer does not know, is not in their way. Where the application is mounted below a
path, they are answered there and at the root.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from http import HTTPStatus
from typing import NamedTuple

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.faces import path_in_application

from .access_log import ASGIApp, set_route
from .health import Readiness
from .metrics import current_metrics

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class _Answer(NamedTuple):
    status: HTTPStatus
    body: bytes
    content_type: bytes = b"application/json"
    more: tuple[tuple[bytes, bytes], ...] = ()


class Endpoints:
    """An ASGI application that answers these three paths and passes all others to another application."""

    def __init__(self, app: Application, inner: ASGIApp) -> None:
        self._inner = inner
        self._metrics = current_metrics.of(app)
        redis_url = app.settings.redis_url
        self._readiness = Readiness(
            current_database.of(app), None if redis_url is None else redis_url.get_secret_value()
        )
        token = app.settings.metrics_token
        self._authorization = None if token is None else f"Bearer {token.get_secret_value()}".encode()
        self._has_metrics = token is not None or not app.settings.production
        self._views: dict[str, Callable[[HTTPScope], Awaitable[_Answer]]] = {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._count,
        }

    def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Awaitable[None]:
        """Answer a probe; what is awaited for all other requests is the other application's own coroutine."""
        if scope["type"] != "http" or (path := path_in_application(scope)) not in PATHS:
            return self._inner(scope, receive, send)
        return self._answer(scope, path, send)

    async def _answer(self, scope: HTTPScope, path: str, send: ASGISendCallable) -> None:
        set_route(scope, path)
        if scope["method"] in ("GET", "HEAD"):
            answer = await self._views[path](scope)
        else:
            answer = _json(HTTPStatus.METHOD_NOT_ALLOWED, {"error": "GET only"}, (b"allow", b"GET, HEAD"))
        headers = [
            (b"content-type", answer.content_type),
            (b"content-length", str(len(answer.body)).encode()),
            (b"cache-control", b"no-store"),
            *answer.more,
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _health(self, _scope: HTTPScope) -> _Answer:
        """The liveness check: that it responds shows that the process and its event loop run."""
        return _json(HTTPStatus.OK, {"status": "alive"})

    async def _ready(self, _scope: HTTPScope) -> _Answer:
        report = await self._readiness.report()
        if report.is_ready:
            return _json(HTTPStatus.OK, {"status": "ready", **report.parts})
        return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "not ready", **report.parts}, (b"retry-after", b"1"))

    async def _count(self, scope: HTTPScope) -> _Answer:
        if not self._has_metrics:
            return _json(HTTPStatus.NOT_FOUND, {"error": "there is nothing here"})
        if self._authorization is not None:
            sent = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
            if not compare_digest(sent, self._authorization):
                return _json(HTTPStatus.UNAUTHORIZED, {"error": "wrong token"}, (b"www-authenticate", b"Bearer"))
        text = await asyncio.to_thread(self._metrics.as_text)
        return _Answer(HTTPStatus.OK, text, CONTENT_TYPE_LATEST.encode())


def _json(status: HTTPStatus, body: dict[str, str], *more: tuple[bytes, bytes]) -> _Answer:
    return _Answer(status, json.dumps(body).encode(), more=more)
