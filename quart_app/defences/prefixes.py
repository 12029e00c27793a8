"""The path below which a trusted proxy serves the application, where the proxy strips it and names it in a header.

``X-Forwarded-Prefix: /sub`` says that what arrives as ``/account`` was ``/sub/account`` for the browser, so redirects,
links and pages to return to have to begin with ``/sub``. No RFC describes the header; Werkzeug's ``ProxyFix`` and
Traefik's ``StripPrefix`` agree on its meaning.
"""

from __future__ import annotations

import re
from typing import Any

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

HEADER = b"x-forwarded-prefix"
#: Path segments of unreserved characters (RFC 3986, section 2.3). Others would mean something else in a Location: a
#: second slash a host, a dot at the beginning another folder.
_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+")


class ForwardedPrefix:
    """ASGI middleware that mounts the application at the prefix that a trusted proxy names.

    The path gets the prefix back, and ``root_path`` begins with it (ASGI 3.0, HTTP connection scope). A prefix that is
    no plain path is ignored.

    Arguments:
        app: the application behind it.
        trusted_hops: how many proxies add an entry to the header; the entry of the first one counts.
    """

    def __init__(self, app: ASGIFramework, trusted_hops: int) -> None:
        self._app = app
        self._hops = trusted_hops

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass on every request, below its prefix."""
        if scope["type"] != "lifespan" and (prefix := self._prefix(scope)):
            mounted: Any = {**scope, "root_path": prefix + scope.get("root_path", ""), "path": prefix + scope["path"]}
            if mounted.get("raw_path"):  # servers may leave it out
                mounted["raw_path"] = prefix.encode() + mounted["raw_path"]
            scope = mounted
        await self._app(scope, receive, send)

    def _prefix(self, scope: Any) -> str:
        entries = [entry for name, value in scope["headers"] if name.lower() == HEADER for entry in value.split(b",")]
        if len(entries) < self._hops:
            return ""
        prefix = entries[-self._hops].decode("latin-1").strip().rstrip("/")
        return prefix if _PREFIX.fullmatch(prefix) else ""
