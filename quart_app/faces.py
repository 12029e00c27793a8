"""Whether a request is for the API or for a page.

Both have the same users, rules and login sessions. Their responses differ, above all for errors.
"""

from __future__ import annotations

from quart import has_request_context, request

API = "/api"


def is_for_api() -> bool:
    """Whether the current request is for the API: any path below ``/api``, including unknown ones."""
    return has_request_context() and is_api_path(request.path)


def is_api_path(path: str) -> bool:
    """Whether a path belongs to the API."""
    return path == API or path.startswith(f"{API}/")
