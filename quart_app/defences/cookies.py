"""Failed responses, and responses to a bearer token, set no cookie.

An error must not change who is logged in. Quart saves the session whatever the status is: a view that logs a user in
and then fails would leave the user logged in, and a database error while a login is restored could end it. Django
does not save it, either. And a program that uses a token must not get a cookie as a second credential.
"""

from __future__ import annotations

from quart import Quart, Response, has_request_context, request
from quart.sessions import SessionMixin
from werkzeug.wrappers import Response as WerkzeugResponse

from quart_app.sessions.bearer import sent_bearer_token

from .session_size import FittingSessions

_FAILED = 500


class _CarefulSessions(FittingSessions):
    """Cookie sessions that are not saved in responses of 500 and above, nor in responses to a bearer token.

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
    """Remove all cookies from such responses of this application, whichever code set them."""
    app.session_interface = _CarefulSessions()


def _has_bearer_token() -> bool:
    return has_request_context() and sent_bearer_token(request) is not None
