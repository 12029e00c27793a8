"""Where to go after a login: ``next``, if it is a page of this site that a browser can open."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from quart import current_app, request
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, RequestRedirect

from compat import safe_next_url


def wanted_page() -> str:
    """The ``next`` of the current request; the empty text if it is not safe, or cannot be opened."""
    return openable(safe_next_url(default=""), current_app.url_map, mount=request.root_path)


def openable(url: str, rules: Map, *, mount: str = "") -> str:
    """*url*; the empty text if its view takes no GET.

    Whoever presses a button after the login has ended is sent to the login page, with the button's address as ``next``:
    opening it afterwards would be answered 405. What has no view here may be another application's, and is kept.

    Arguments:
        url: an address that is safe to redirect to, or the empty text.
        rules: those of the application.
        mount: the path that the application is mounted at.
    """
    path, mount = unquote(urlsplit(url).path), mount.rstrip("/")
    if not path.startswith(f"{mount}/"):
        return url
    try:
        rules.bind("").match(path.removeprefix(mount), method="GET")
    except (NotFound, RequestRedirect):
        return url
    except HTTPException:  # it takes other methods only, or is a websocket
        return ""
    return url
