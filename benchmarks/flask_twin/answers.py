"""What all answers have in common, and the pages for errors, with the texts and headers of quart_app."""

from __future__ import annotations

from flask import Flask, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from quart_app.defences.cross_site import is_cross_site
from quart_app.defences.headers import SECURITY_HEADERS
from quart_app.errors.pages import text_for
from quart_app.framework.early_checks import SAFE_METHODS

from .cookies import TwoCookies


def init_app(app: Flask) -> None:
    """Add all of them."""
    app.session_interface = TwoCookies()

    @app.before_request
    def refuse_cross_site_requests() -> None:
        if request.method not in SAFE_METHODS and is_cross_site(
            scheme=request.scheme,
            host=request.host,
            origin=request.headers.get("Origin"),
            fetch_site=request.headers.get("Sec-Fetch-Site"),
        ):
            abort(403, "This request came from another site.")

    @app.after_request
    def add_security_headers(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.errorhandler(HTTPException)
    def show_error(error: HTTPException) -> ResponseReturnValue:
        if error.response is not None:
            return error
        code = 403 if isinstance(error, CSRFError) else error.code or 500
        title, advice = text_for(error, code)
        # Rendered without Flask's render_template, which would run context processors, the user's among them.
        page = app.jinja_env.get_template("errors/error.html").render(code=code, title=title, advice=advice)
        headers = [(name, value) for name, value in error.get_headers() if name.lower() != "content-type"]
        return page, code, headers
