"""Answers at the API that Quart and Werkzeug would give the type of a page: none of them has a body here."""

from __future__ import annotations

from http import HTTPStatus

from quart import Quart, Response, request

from quart_app.faces import is_for_api

#: Werkzeug sends a path with ``//`` to the one with ``/``, and writes a page for people who have to click on that.
_REDIRECTS = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.PERMANENT_REDIRECT)


def init_app(app: Quart) -> None:
    """Take body and type from the answers to ``OPTIONS``, which are 204 then, and from redirects."""

    @app.after_request
    async def leave_out_the_page(response: Response) -> Response:
        is_about_methods = request.method == "OPTIONS" and response.status_code == HTTPStatus.OK
        if not (is_about_methods or response.status_code in _REDIRECTS) or not is_for_api():
            return response
        if is_about_methods:
            response.status_code = HTTPStatus.NO_CONTENT
        response.set_data(b"")
        response.headers.pop("Content-Type", None)
        if response.status_code == HTTPStatus.NO_CONTENT:
            response.headers.pop("Content-Length", None)  # RFC 9110, section 8.6
        return response
