"""Handles HTTP requests without a body in fewer tasks than Quart.

Quart creates one task that runs the request, one that receives its body and the disconnect, and on Python 3.11 one that
sends the response within a timeout. A request without a body, as most are, has nothing to receive but the disconnect,
which does not matter for a response that is ready within milliseconds.

Written for Quart 0.22 and 0.23, of whose ``ASGIHTTPConnection`` it uses two private methods. With ``templating`` it
saves an eighth of the time of a page whose user is in memory. If Quart changes that class,
``tests/app/test_http_connection.py`` fails; without ``Application.asgi_http_class`` and with Quart's own
``RESPONSE_TIMEOUT`` (see the settings) everything works as before, more slowly.
"""

from __future__ import annotations

from asyncio import Task, Timeout, get_running_loop, timeout
from collections.abc import Coroutine
from functools import lru_cache, partial
from typing import Any

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from quart import Request, Response
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes
from quart.utils import encode_headers
from quart.wrappers.response import DataBody
from werkzeug.datastructures import Headers

from quart_app import waiting_time

from .mounts import without_path_beside_mount

DISCONNECT_GRACE = 1.0
"""Seconds after which a request is given up when its client has disconnected."""

RESPONSE_TIMEOUT = 60.0
"""Seconds in which a client has to take an answer, but for one with a ``timeout`` of its own."""

_ASKS = frozenset({"GET", "HEAD"})


class HttpConnection(ASGIHTTPConnection):
    """Quart's HTTP connection, which runs a request without a body in the server's own task."""

    def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Coroutine[Any, Any, None]:
        """Answer the request; give it up when the client goes away."""
        if _may_have_a_body(self.scope):
            return super().__call__(receive, send)
        return self._answer_in_this_task(receive, send)

    async def _answer_in_this_task(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        request = self._create_request_from_scope(send)
        request.body.set_complete()
        loop = get_running_loop()
        listeners: list[Task[None]] = []
        presence = timeout(None)
        try:
            async with presence:
                later = loop.call_later(
                    DISCONNECT_GRACE, lambda: listeners.append(loop.create_task(_until_gone(receive, presence)))
                )
                try:
                    await self.handle_request(request, send)
                finally:
                    later.cancel()
                    for listener in listeners:
                        listener.cancel()
        except TimeoutError:
            if not presence.expired():
                raise

    def _create_request_from_scope(self, send: ASGISendCallable) -> Request:
        scope = self.scope
        if scope.get("root_path"):
            self.scope = without_path_beside_mount(scope)
            return super()._create_request_from_scope(send)
        values = [value for _name, value in scope["headers"]]
        joined = b"".join(values)
        if scope["path"][:1] != "/" or scope["http_version"] < "1.1":
            return super()._create_request_from_scope(send)
        if b"\n" in joined or b"\r" in joined:  # which Werkzeug refuses
            return super()._create_request_from_scope(send)
        named = [
            (_name_of(name) if len(name) <= _LONGEST_KEPT else _title(name), value.decode("latin1"))
            for name, value in scope["headers"]
        ]
        headers = QuickHeaders()
        headers._list = [("Remote-Addr", (scope.get("client") or ("<local>",))[0]), *named]
        return self.app.request_class(
            scope["method"],
            scope["scheme"],
            scope["path"],
            scope["query_string"],
            headers,
            "",
            scope["http_version"],
            max_content_length=self.app.config["MAX_CONTENT_LENGTH"],
            body_timeout=self.app.config["BODY_TIMEOUT"],
            send_push_promise=partial(self._send_push_promise, send),
            scope=scope,
        )

    async def _send_response(self, send: ASGISendCallable, response: ResponseTypes) -> None:
        # Quart's own RESPONSE_TIMEOUT is off (see the settings): asyncio.wait_for would make a task.
        has_its_own = isinstance(response, Response) and response.timeout is not Ellipsis
        async with timeout(None if has_its_own else RESPONSE_TIMEOUT):
            body = response.response
            if not isinstance(body, DataBody) or getattr(self, "_disconnected", False):  # 0.23 raises then
                waiting_time.end()
                await super()._send_response(send, response)
                return
            # All of it is there: one message. Quart would ask for the next piece, and send an empty one.
            headers = encode_headers(response.headers)
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            await send({"type": "http.response.body", "body": body.data[body.begin : body.end], "more_body": False})


class QuickHeaders(Headers):
    """Headers in which what is missing raises no exception on the way to the default."""

    def get(  # type: ignore[override]  # Werkzeug's has an overload for each combination
        self,
        key: str,
        default: Any = None,
        type: Any = None,  # noqa: A002 - the name is Werkzeug's
    ) -> Any:
        """The first value of this name, converted by *type*; the default if there is none, or it cannot be."""
        if type is not None:
            return super().get(key, default, type)
        wanted = key.lower()
        for name, value in self._list:
            if name == key or name.lower() == wanted:
                return value
        return default


def _title(name: bytes) -> str:
    """The name of a header as Quart spells it."""
    return name.decode("latin1").title()


_name_of = lru_cache(maxsize=1024)(_title)
"""The same, kept. Clients may invent names: not all are kept, and no long ones."""
_LONGEST_KEPT = 64  # bytes


def _may_have_a_body(scope: HTTPScope) -> bool:
    """Whether there may be a body: HTTP/2 need not announce one (RFC 9113, 8.1.1), nor do test clients."""
    if scope["method"] not in _ASKS or not scope["http_version"].startswith("1"):
        return True
    return any(name in (b"content-length", b"transfer-encoding") for name, _value in scope["headers"])


async def _until_gone(receive: ASGIReceiveCallable, presence: Timeout) -> None:
    """Wait for the disconnect of the client, then end the request."""
    while (await receive())["type"] != "http.disconnect":
        pass
    presence.reschedule(get_running_loop().time())
