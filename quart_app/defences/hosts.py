"""Refuses unknown host names: the ``Host`` that a client sends ends up in absolute URLs, such as those in mails.

Quart has a setting for it, ``TRUSTED_HOSTS``, which no code reads. This check runs in front of Quart: a request for
an unknown name opens no session and loads no user, and a websocket is not accepted. A name may also come in the request
line (``GET http://host/path``), which Quart parses: one that cannot be parsed is refused here, too. The API and
programs are answered by problem details, which pages of the allowed origins can read (``cors``), and pages by a line of
text.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Collection
from ipaddress import IPv6Address
from typing import Any, NamedTuple
from urllib.parse import urlparse

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from werkzeug.sansio.utils import host_is_trusted

from quart_app.application import Application
from quart_app.errors.problems import PROBLEM_JSON
from quart_app.faces import is_program, will_be_for_api

from .cors import PREFLIGHT_HEADERS, allowing_headers, is_preflight

_ADVICE = "This site is not served under that name."
_REFUSAL = "websocket.http.response"


class _Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def _refused(content_type: str, text: str) -> _Answer:
    headers = {"Content-Type": content_type, "Content-Length": str(len(text))}
    return _Answer(400, {**headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}, text.encode())


_TEXT = _refused("text/plain; charset=utf-8", f"{_ADVICE}\n")
_PROBLEM = _refused(
    PROBLEM_JSON, json.dumps({"type": "about:blank", "title": "Bad Request", "status": 400, "detail": _ADVICE})
)


def init_app(app: Application) -> None:
    """Check the host of every request to this application."""
    settings = app.settings
    served: Any = AllowedHosts(app.asgi_app, settings.allowed_hosts, origins=settings.api_allowed_origins)
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
        origins: the origins whose pages may use the API, and so may read that the name is wrong.
    """

    def __init__(self, app: ASGIFramework, hosts: Collection[str], *, origins: Collection[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._allows_any = not hosts
        self._names = [host for host in hosts if not host.startswith("[")]
        self._addresses = [address for host in hosts if (address := _address(host)) is not None]

    def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Awaitable[None]:
        """Pass on what is for us: what is awaited for it is the application's own coroutine."""
        if scope["type"] == "lifespan":
            return self._app(scope, receive, send)
        is_ours = self._is_ours([v for k, v in scope["headers"] if k.lower() == b"host"])
        return self._app(scope, receive, send) if is_ours and _is_path(scope["path"]) else self._refuse(scope, send)

    async def _refuse(self, scope: Any, send: Any) -> None:
        sent = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["type"] == "http":
            kind, answer = "http.response", self._answer(scope, sent)
        elif _REFUSAL in (scope.get("extensions") or {}):
            is_for_program = is_program(origin=sent.get("origin"), authorization=sent.get("authorization"))
            kind, answer = _REFUSAL, _PROBLEM if is_for_program else _TEXT
        else:
            await send({"type": "websocket.close"})  # before it was accepted: 403
            return
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": f"{kind}.start", "status": answer.status, "headers": headers})
        await send({"type": f"{kind}.body", "body": answer.body, "more_body": False})

    def _answer(self, scope: HTTPScope, sent: dict[str, str]) -> _Answer:
        """The answer to a request; to a preflight of an allowed origin, that its page may read the answer."""
        if not _is_path(scope["path"]) or not will_be_for_api(scope):
            return _TEXT
        if not self._origins:
            return _PROBLEM
        origin = sent.get("origin", "")
        told = {"Vary": "Origin"} | (allowing_headers(origin) if origin in self._origins else {})
        if origin in self._origins and is_preflight(scope["method"], sent.get("access-control-request-method")):
            return _Answer(204, told | PREFLIGHT_HEADERS, b"")
        return _PROBLEM._replace(headers=_PROBLEM.headers | told)

    def _is_ours(self, names: list[bytes]) -> bool:
        if not names:  # HTTP/1.0
            return self._allows_any
        host = names[0].decode("latin-1").lower()
        if len(names) > 1 or not host_is_trusted(host):  # there are two, or it is not a valid name
            return False
        # Werkzeug takes the first colon of a name in its list for the beginning of the port.
        if host.startswith("["):
            return self._allows_any or _address(host) in self._addresses
        return self._allows_any or (bool(self._names) and host_is_trusted(host, self._names))


def _is_path(path: str) -> bool:
    """Whether the path of a scope is one, or a URL from which Quart can take it (RFC 9112, 3.2.2)."""
    if path[:1] == "/":
        return True
    try:
        urlparse(path)
    except ValueError:
        return False
    return True


def _address(host: str) -> IPv6Address | None:
    """The IPv6 address in brackets, which can be written in several ways; None if it is none."""
    try:
        return IPv6Address(host.partition("]")[0].removeprefix("["))
    except ValueError:
        return None
