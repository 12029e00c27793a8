"""What all requests to the API have in common.

They carry no form token: a form of another site cannot send JSON, a script of one cannot without a preflight, which
nobody answers, and what a browser says of where a request comes from is looked at for all requests alike
(``defences/cross_site``).
"""

from __future__ import annotations

from quart import Blueprint, request
from werkzeug.exceptions import BadRequest

from quart_app.accounts.login import current_login_session, current_user
from quart_app.defences.csrf import without_forms
from quart_app.faces import API
from quart_app.models.login_session import Kind
from quart_app.sessions.bearer import sent_bearer_token

_DESCRIPTION = "api.openapi"

blueprint = without_forms(Blueprint("api", __name__, url_prefix=f"{API}/v1"))


@blueprint.before_request
async def refuse_two_logins() -> None:
    """Answer 400 to a token together with a login by cookies (RFC 6750, section 3.1).

    The cookies would say who it is, and could not be set anew when that login gets new ones: a token gets no cookies.
    What the API is like is told to everybody alike, so there nobody is asked for.
    """
    if request.endpoint == _DESCRIPTION or sent_bearer_token(request) is None or not current_user.is_authenticated:
        return
    if current_login_session().kind != Kind.BEARER:
        raise BadRequest("Send either a bearer token or the cookies of a login, not both.")
