"""The twin with one small fault, which the comparison has to find.

The file ``fault`` in its folder names the fault of the moment, so that one server can have one after the other.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response

from benchmarks.applications.flask import application as twin
from benchmarks.flask_twin import login, sessions
from quart_app.models.login_session import LoginSession

#: Cookies are not ``HttpOnly``; pages have one word more; a logout deletes the cookies but not the row of the login.
LAX_COOKIES, CHATTY_PAGE, LASTING_ROWS = "lax_cookies", "chatty_page", "lasting_rows"


def break_twin(folder: Path, fault: str) -> None:
    """Give the twin in a folder this fault, and no other, from its next request on."""
    (folder / "fault").write_text(fault)


def application() -> Flask:
    """The twin, without a fault as long as there is no file."""
    app = twin()
    file = Path(app.instance_path) / "fault"
    end_session = sessions.end_session

    def has(fault: str) -> bool:
        return file.exists() and file.read_text() == fault

    @app.before_request
    def be_lax() -> None:
        app.config["SESSION_COOKIE_HTTPONLY"] = not has(LAX_COOKIES)

    @app.after_request
    def add_a_word(response: Response) -> Response:
        if has(CHATTY_PAGE) and response.mimetype == "text/html" and not response.direct_passthrough:
            response.set_data(response.get_data(as_text=True).replace("</main>", "hello</main>"))
        return response

    def end_some(row: LoginSession) -> None:
        if not has(LASTING_ROWS):
            end_session(row)

    setattr(login, "end_session", end_some)  # noqa: B010 - a name that it imports
    return app
