"""Refuses unknown host names: the ``Host`` that a client sends ends up in absolute URLs, such as those in mails.

Quart has a setting for it, ``TRUSTED_HOSTS``, which no code reads. This check runs in front of Quart: a request for
an unknown name opens no session and loads no user, and a websocket is not accepted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from ipaddress import IPv6Address
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
        hosts: the allowed names, in lower case and without ports; ``.example.com`` is that name and all below,
            ``[::1]`` an IPv6 address. If it is empty, every valid name is allowed.
    """

    def __init__(self, app: ASGIFramework, hosts: Collection[str]) -> None:
        self._app = app
        self._allows_any = not hosts
        self._names = [host for host in hosts if not host.startswith("[")]
        self._addresses = [address for host in hosts if (address := _address(host)) is not None]

    def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Awaitable[None]:
        """Pass on what is for us: what is awaited for it is the application's own coroutine."""
        if scope["type"] == "lifespan" or self._is_ours([v for k, v in scope["headers"] if k.lower() == b"host"]):
            return self._app(scope, receive, send)
        return _refuse(scope, send)

    def _is_ours(self, names: list[bytes]) -> bool:
        if not names:  # HTTP/1.0
            return self._allows_any
        host = names[0].decode("latin-1").lower()
        if len(names) > 1 or not host_is_trusted(host):  # there are two, or it is no valid name
            return False
        # Werkzeug takes the first colon of a name in its list for the beginning of the port.
        if host.startswith("["):
            return self._allows_any or _address(host) in self._addresses
        return self._allows_any or (bool(self._names) and host_is_trusted(host, self._names))


def _address(host: str) -> IPv6Address | None:
    """The IPv6 address in brackets, which can be written in several ways; None if it is none."""
    try:
        return IPv6Address(host.partition("]")[0].removeprefix("["))
    except ValueError:
        return None


async def _refuse(scope: Any, send: Any) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        if _REFUSAL not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close"})  # before it was accepted: 403
            return
        kind = _REFUSAL
    await send({"type": f"{kind}.start", "status": _STATUS, "headers": _HEADERS})
    await send({"type": f"{kind}.body", "body": _TEXT, "more_body": False})
