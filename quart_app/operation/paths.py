"""The path of a request within the application, which may be mounted below another path."""

from __future__ import annotations

from hypercorn.typing import HTTPScope, WebsocketScope


def path_in_application(scope: HTTPScope | WebsocketScope) -> str:
    """The path without ``root_path``, which it begins with (ASGI 3.0, HTTP connection scope).

    A path outside of it stays as it is: a load balancer may ask the port itself, and knows no mount.
    """
    path, mount = scope["path"], scope.get("root_path", "").rstrip("/")
    return path.removeprefix(mount) if path.startswith(f"{mount}/") else path
