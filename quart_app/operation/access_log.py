"""ASGI middleware that gives every request an id, writes its log line and counts it.

It is outside of Quart, so it also sees errors in hooks and clients that disconnect.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable
from time import perf_counter
from typing import Any, TypeAlias, cast

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, Scope
from quart import websocket
from structlog.contextvars import bind_contextvars, reset_contextvars

from quart_app.application import Application
from quart_app.framework.unproxied import current_request

from .logs import get_logger
from .metrics import Metrics

ASGIApp: TypeAlias = Callable[[Scope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]

_ID_HEADER = b"x-request-id"
_ID_BYTES = 16
_ACCEPTED_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ROUTE = "quart_app.route"
_PATH_MAX = 200  # characters of a path in the log
_SWITCHED = 101

_NAME = "quart_app.access"
_log = get_logger(_NAME)
_access_logger = logging.getLogger(_NAME)


def init_routes(app: Application) -> None:
    """Tell the access log the route of each request, refused ones included."""

    @app.early_request_check
    async def name_route_of_request() -> None:
        asked = current_request()
        if asked.url_rule is not None:
            set_route(asked.scope, asked.url_rule.rule)

    @app.early_websocket_check
    async def name_route_of_websocket() -> None:
        if websocket.url_rule is not None:
            set_route(websocket.scope, websocket.url_rule.rule)


def set_route(scope: Scope, route: str) -> None:
    """Store the route of the current request in its ASGI scope."""
    cast("dict[str, Any]", scope)[_ROUTE] = route


class AccessLog:
    """An ASGI application around another one.

    Arguments:
        inner: the other one.
        metrics: the metrics to count in.
        probes: gets the requests whose paths end in one of these routes, and passes on what is not a probe.
        quiet: routes that machines request every few seconds: their lines have the level DEBUG.
    """

    def __init__(self, inner: ASGIApp, metrics: Metrics, *, probes: ASGIApp, quiet: Collection[str]) -> None:
        self._inner = inner
        self._metrics = metrics
        self._probes = probes
        self._quiet = tuple(quiet)

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass a request on, then log and count it."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        may_be_probe = scope["type"] == "http" and scope["path"].endswith(self._quiet)
        inner = self._probes if may_be_probe else self._inner
        answer = _Answer(send, scope["headers"], self._metrics)
        started = perf_counter()
        tokens = bind_contextvars(request_id=answer.request_id)
        try:
            await inner(scope, receive, answer.send)
        finally:
            seconds = perf_counter() - started
            method = scope["method"] if scope["type"] == "http" else "WEBSOCKET"
            route = cast("dict[str, Any]", scope).get(_ROUTE)
            self._write_line(scope, method, route, answer.status, seconds)
            answer.end(method, route, seconds)
            reset_contextvars(**tokens)

    def _write_line(self, scope: Any, method: str, route: str | None, status: int | None, seconds: float) -> None:
        level = logging.DEBUG if route in self._quiet else logging.INFO
        if not _access_logger.isEnabledFor(level):  # before anything is put together for the line
            return
        client = scope.get("client")
        _log.log(
            level,
            "request",
            method=method,
            path=scope["path"][:_PATH_MAX],
            route=route,
            status=status,
            seconds=round(seconds, 6),
            address=None if client is None else client[0],
        )


class _Answer:
    """The response as it is sent, with the id of the request added.

    Arguments:
        send: sends it.
        asked: the headers of the request.
        metrics: count it.

    Attributes:
        request_id: the id.
        status: None if the client went away before there was any.
    """

    def __init__(self, send: ASGISendCallable, asked: Iterable[tuple[bytes, bytes]], metrics: Metrics) -> None:
        self._send = send
        self._metrics = metrics
        self.request_id = choose_request_id(asked)
        self.status: int | None = None

    async def send(self, message: ASGISendEvent) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
            message["headers"] = [*message["headers"], (_ID_HEADER, self.request_id.encode())]
        elif message["type"] == "websocket.accept":
            self.status = _SWITCHED
            message["headers"] = [*message["headers"], (_ID_HEADER, self.request_id.encode())]
            self._metrics.websockets_open.inc()
        await self._send(message)

    def end(self, method: str, route: str | None, seconds: float) -> None:
        if self.status == _SWITCHED:
            self._metrics.websockets_open.dec()
        self._metrics.count_request(method, route, self.status, seconds)


def choose_request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The ``X-Request-ID`` among these headers, if it is short and harmless; else a new one.

    A request's lines are found by it, in this log and in that of a proxy.
    """
    for name, value in headers:
        if name == _ID_HEADER and _ACCEPTED_ID.fullmatch(value):
            return value.decode("ascii")
    return secrets.token_hex(_ID_BYTES)
