"""A request as bytes on the wire, sent to a WSGI or to an ASGI application without a test client in between.

Both applications thus get exactly the same input: the same header bytes, the same client address, the same prefix.
Text is kept as WSGI keeps it: one character a byte.
"""

import io
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote_to_bytes

from quart import Quart
from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app


@dataclass(frozen=True)
class Client:
    """The client as a server sees it: address and headers."""

    address: str = "10.0.0.1"
    user_agent: str | None = "Firefox"
    forwarded_for: str | None = None


@dataclass(frozen=True)
class Place:
    """Where the application is mounted: scheme, host and path prefix."""

    scheme: str = "http"
    host: str = "localhost"
    prefix: str = ""


@dataclass(frozen=True)
class WireRequest:
    """One HTTP request."""

    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    client: Client = field(default_factory=Client)
    place: Place = field(default_factory=Place)

    @property
    def path(self) -> bytes:
        """The decoded path, below the prefix."""
        return unquote_to_bytes(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        """The query as it was sent."""
        return self.target.partition("?")[2]

    def all_headers(self) -> list[tuple[str, str]]:
        """All headers, including those for the place and the client."""
        headers = [("Host", self.place.host), *self.headers]
        if self.client.user_agent is not None:
            headers.append(("User-Agent", self.client.user_agent))
        if self.client.forwarded_for is not None:
            headers.append(("X-Forwarded-For", self.client.forwarded_for))
        return headers


@dataclass(frozen=True)
class WireResponse:
    """One HTTP response, with the times before and after it was made, in seconds since the epoch."""

    status: int
    headers: Headers
    body: bytes
    asked_at: float
    answered_at: float


def ask_wsgi(app: Callable[..., Any], request: WireRequest) -> WireResponse:
    """Send a request to a WSGI application."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": request.place.prefix,
        "PATH_INFO": request.path.decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.client.address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.place.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.all_headers()}
    asked_at = time.time()
    try:
        parts, status, headers = run_wsgi_app(app, environ, buffered=True)
    except Exception:  # noqa: BLE001  # a server answers whatever an application raises
        return _server_error(asked_at)
    return WireResponse(int(status.split()[0]), headers, _received(request, parts), asked_at, time.time())


async def ask_asgi(app: Quart, request: WireRequest) -> WireResponse:
    """Send a request to a Quart application, by ASGI."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.place.scheme,
        "path": request.place.prefix + request.path.decode(),
        "raw_path": request.target.partition("?")[0].encode("latin-1"),
        "query_string": request.query.encode("latin-1"),
        "root_path": request.place.prefix,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in request.all_headers()],
        "client": (request.client.address, 50000),
        "server": ("localhost", 80),
        "extensions": {},
    }
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}])
    is_answered = app.event_class()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await is_answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            is_answered.set()

    asked_at = time.time()
    try:
        await cast(Any, app)(scope, receive, send)  # plain dictionaries, as from a server
    except Exception:  # noqa: BLE001  # as above
        return _server_error(asked_at)
    headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"])
    parts = (message.get("body", b"") for message in sent[1:])
    return WireResponse(sent[0]["status"], headers, _received(request, parts), asked_at, time.time())


def _received(request: WireRequest, parts: Iterable[bytes]) -> bytes:
    """The body as it reaches the client; a server cuts it off for HEAD, whatever the framework sends."""
    return b"" if request.method == "HEAD" else b"".join(parts)


def _server_error(asked_at: float) -> WireResponse:
    """The response of a server to an application that raises: here, when an error page itself fails."""
    return WireResponse(500, Headers(), b"the server's own page", asked_at, time.time())
