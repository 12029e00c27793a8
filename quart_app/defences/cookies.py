"""No cookie on an answer that failed: a fault must not change who the user is.

Quart saves the session whatever the status is. A view that logs somebody in and then fails would leave
them logged in, and a fault of the database while a login is restored could end it. Django does as we do.
"""

from __future__ import annotations

from quart import Quart, Response
from quart.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response as WerkzeugResponse

_FAILED = 500


class _UnlessFailed(SecureCookieSessionInterface):
    """Cookie sessions that are not saved with an answer of 500 and above.

    Saving the session is the last that happens to an answer, so here all others have set their cookies.
    """

    async def save_session(
        self, app: Quart, session: SessionMixin, response: Response | WerkzeugResponse | None
    ) -> None:
        if response is not None and response.status_code >= _FAILED:
            response.headers.pop("Set-Cookie", None)
        else:
            await super().save_session(app, session, response)


def init_app(app: Quart) -> None:
    """Set no cookie with an answer of this application that failed, whoever wants to."""
    app.session_interface = _UnlessFailed()
