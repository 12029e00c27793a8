"""Refuses unknown host names: the ``Host`` that a client sends ends up in absolute URLs, such as those in mails.

Quart has a setting for it, ``TRUSTED_HOSTS``, which no code reads. This check runs in front of Quart: a request for
an unknown name opens no session and loads no user, and a websocket is not accepted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from typing import Any

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope
from werkzeug.sansio.utils import host_is_trusted

from quart_app.application import Application

_STATUS = 400
_TEXT = b"This site is not served under that name.\n"
_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", str(len(_TEXT)).encode()),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
_REFUSAL = "websocket.http.response"


def init_app(app: Application) -> None:
    """Check the host of every request to this application."""
    settings = app.settings
    served: Any = AllowedHosts(app.asgi_app, settings.allowed_hosts)
    app.asgi_app = served  # type: ignore[method-assign] # Quart's own place for middleware
    if settings.production and not settings.allowed_hosts:
        app.logger.warning(
            "ALLOWED_HOSTS is empty, so requests for any host name are answered. Set it to the names of this site."
        )


class AllowedHosts:
    """ASGI middleware that answers 400 to requests and websockets for unknown host names.

    Arguments:
        app: the application behind it.
        hosts: the allowed names, without ports; ``.example.com`` is that name and all below. If it is empty, every
            valid name is allowed.
    """

    def __init__(self, app: ASGIFramework, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = [host.lower() for host in hosts]

    def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Awaitable[None]:
        """Pass on what is for us: what is awaited for it is the application's own coroutine."""
        if scope["type"] == "lifespan" or self._is_ours([v for k, v in scope["headers"] if k.lower() == b"host"]):
            return self._app(scope, receive, send)
        return _refuse(scope, send)

    def _is_ours(self, names: list[bytes]) -> bool:
        if not names:  # HTTP/1.0
            return not self._hosts
        return len(names) == 1 and host_is_trusted(names[0].decode("latin-1").lower(), self._hosts)


async def _refuse(scope: Any, send: Any) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        if _REFUSAL not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close"})  # before it was accepted: 403
            return
        kind = _REFUSAL
    await send({"type": f"{kind}.start", "status": _STATUS, "headers": _HEADERS})
    await send({"type": f"{kind}.body", "body": _TEXT, "more_body": False})
