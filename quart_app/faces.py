"""The two faces of the application: pages for people with browsers, and the API for programs.

Both have the same users, rules and login sessions. What they answer with differs, above all when something is wrong.
"""

from __future__ import annotations

from quart import has_request_context, request

API = "/api"


def is_for_api() -> bool:
    """Whether this is a request to the API: to any address below ``/api``, one that does not exist included."""
    return has_request_context() and is_api_path(request.path)


def is_api_path(path: str) -> bool:
    """Whether an address is the API's."""
    return path == API or path.startswith(f"{API}/")
