"""Answers at the API that Quart and Werkzeug would give the type of a page: none of them has a body here."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NoReturn

from quart import Quart, Response, abort
from quart.wrappers import BaseRequestWebsocket
from werkzeug.routing import RequestRedirect

from quart_app.faces import is_for_api


def init_app(app: Quart) -> None:
    """Take body and type from the answers to ``OPTIONS``, which are 204 then, and from redirects.

    Werkzeug sends a path with ``//`` to the one with ``/``, and writes a page for people who have to click on that.
    """
    describe_methods, raise_exception = app.make_default_options_response, app.raise_routing_exception

    async def make_default_options_response(*context: Any) -> Response:  # Quart 0.23 passes one
        described = await describe_methods(*context)
        if not is_for_api():
            return described
        bare = _bare(HTTPStatus.NO_CONTENT, "Allow", described.headers["Allow"])
        del bare.headers["Content-Length"]  # RFC 9110, section 8.6
        return bare

    def raise_routing_exception(request: BaseRequestWebsocket) -> NoReturn:
        error = request.routing_exception
        if isinstance(error, RequestRedirect) and is_for_api():
            abort(_bare(error.code, "Location", error.new_url))
        raise_exception(request)

    app.make_default_options_response = make_default_options_response  # type: ignore[method-assign]
    app.raise_routing_exception = raise_routing_exception  # type: ignore[method-assign]


def _bare(status: int, name: str, value: str) -> Response:
    """A response with one header and neither a body nor its type."""
    response = Response(b"", status, {name: value})
    del response.headers["Content-Type"]
    return response
