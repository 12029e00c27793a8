"""Distinguishes a browser that opens a page from a script, an image or a program, which cannot use a login form."""

from __future__ import annotations

from quart import Request, Websocket
from werkzeug.datastructures import Headers


def is_navigation(request: Request | Websocket) -> bool:
    """Whether a browser opens a page, or may do so: also true for a client that does not say what it wants.

    Browsers say so by ``Sec-Fetch-Mode`` (W3C Fetch Metadata), over HTTPS and to localhost. Without it, a request is no
    navigation if it says ``X-Requested-With: XMLHttpRequest``, has a body of JSON, or sends an ``Accept`` that does
    not name HTML and is not the ``*/*`` of a client that takes everything.
    """
    headers: Headers = request.headers
    mode = headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode == "navigate"
    if headers.get("X-Requested-With") == "XMLHttpRequest" or request.is_json:
        return False
    accept = headers.get("Accept", "*/*").strip()
    return accept == "*/*" or "text/html" in accept or "application/xhtml+xml" in accept
