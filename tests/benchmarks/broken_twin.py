"""Variants of the twin, each with one small fault that the comparison has to find."""

from __future__ import annotations

from flask import Flask, Response

from benchmarks.applications.flask import application as twin
from benchmarks.flask_twin import login


def lax_cookies() -> Flask:
    """Cookies are not ``HttpOnly``."""
    app = twin()
    app.config["SESSION_COOKIE_HTTPONLY"] = False
    return app


def chatty_page() -> Flask:
    """Pages have one word more."""
    app = twin()

    @app.after_request
    def add_a_word(response: Response) -> Response:
        if response.mimetype == "text/html" and not response.direct_passthrough:
            response.set_data(response.get_data(as_text=True).replace("</main>", "hello</main>"))
        return response

    return app


def lasting_rows() -> Flask:
    """A logout deletes the cookies but not the row of the login session."""
    setattr(login, "end_session", lambda _row: None)  # noqa: B010 - a name that it imports
    return twin()
