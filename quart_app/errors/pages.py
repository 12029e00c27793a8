"""The error pages. They use no user, no session and no database, because those may be what failed.

The API responds with problem details instead, and so do refused websockets of programs; see ``problems``.
"""

from __future__ import annotations

from typing import NamedTuple

from quart import Quart, Response, current_app, has_websocket_context
from quart_wtf import CSRFError
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, ServiceUnavailable

from quart_app.database.faults import OutcomeUnknown
from quart_app.faces import is_for_api, is_from_program

from .problems import problem_response


class Text(NamedTuple):
    """The text of a page."""

    title: str
    advice: str


_TEXTS = {
    400: Text("That did not work", "The request was incomplete or damaged. Go back, and try again."),
    401: Text("Please log in", "This page is for people who have logged in."),
    403: Text("Not allowed", "The request was refused. Open the page on this site again, and try once more."),
    404: Text("Page not found", "There is nothing at this address. It may have moved, or be misspelt."),
    405: Text("Not possible here", "This address does not take requests of this kind."),
    408: Text("That took too long", "The request did not arrive in time. Try again."),
    413: Text("Too much at once", "What was sent is larger than this site accepts. Send less."),
    429: Text("Too many attempts", "Wait a little, then try again."),
    500: Text("Something broke", "The mistake is ours, and it has been recorded. Try again later."),
    503: Text("Back in a moment", "The site cannot answer right now. Nothing was changed; try again shortly."),
}
_OUTCOME_UNKNOWN = Text(
    "Saved or not?",
    "The site lost its database while it saved your change. Look whether it was saved before you try again.",
)


def init_app(app: Quart) -> None:
    """Respond to errors with pages or problem details instead of Werkzeug's, with the status and headers of the error.

    A refused websocket gets problem details, if it is a program's, or else the status and a line of text.
    """

    @app.errorhandler(HTTPException)
    async def show_error(error: HTTPException) -> Response | HTTPException:
        if error.response is not None:
            return error  # raised with a response of its own, by abort(response)
        if isinstance(error, ServiceUnavailable):
            reason = getattr(error, "log_message", error.description)
            current_app.logger.error("Answered 503: %s", reason, exc_info=error.__cause__)
        # Quart-WTForms answers a forged form with 400; here it is 403, like every other refusal.
        code = Forbidden.code if isinstance(error, CSRFError) else error.code or InternalServerError.code
        text = text_for(error, code)
        is_websocket = has_websocket_context()
        if is_from_program() or (not is_websocket and is_for_api()):
            return problem_response(error)
        if is_websocket:  # a script sees neither the status nor the body
            response = Response(f"{text.title}\n", status=code, content_type="text/plain; charset=utf-8")
        else:
            template = current_app.jinja_env.get_template("errors/error.html")
            # Not by Quart's render_template, which would run context processors, including the one that loads the user.
            page = await template.render_async(code=code, title=text.title, advice=text.advice)
            response = Response(page, status=code, content_type="text/html; charset=utf-8")
        for name, value in error.get_headers():
            if name.lower() != "content-type":
                response.headers[name] = value
        return response


def text_for(error: HTTPException, code: int) -> Text:
    """The text for an error with this status."""
    if isinstance(error, OutcomeUnknown):
        return _OUTCOME_UNKNOWN
    return _TEXTS.get(code) or Text(error.name, "The request could not be answered.")
