"""No cookie on an answer that failed, nor on one to a bearer token.

A fault must not change who the user is. Quart saves the session whatever the status is: a view that logs somebody in
and then fails would leave them logged in, and a fault of the database while a login is restored could end it. Django
does as we do. And a program that sends a token keeps no cookies: it must not be given a second way in by the way.
"""

from __future__ import annotations

from quart import Quart, Response, has_request_context, request
from quart.sessions import SessionMixin
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_app.sessions.bearer import sent_bearer_token

from .session_size import FittingSessions

_FAILED = 500


class _CarefulSessions(FittingSessions):
    """Cookie sessions that are not saved with an answer of 500 and above, nor with one to a bearer token.

    Saving the session is the last that happens to an answer, so here all others have set their cookies.
    """

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        if response is not None and (response.status_code >= _FAILED or _has_bearer_token()):
            response.headers.pop("Set-Cookie", None)
        else:
            await super().save_session(app, session, response)


def init_app(app: Quart) -> None:
    """Set no cookie with such an answer of this application, whoever wants to."""
    app.session_interface = _CarefulSessions()


def _has_bearer_token() -> bool:
    return has_request_context() and sent_bearer_token(request) is not None
