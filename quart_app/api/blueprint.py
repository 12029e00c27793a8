"""The blueprint of the API, and the check that all its requests have in common.

Requests carry no form token. A form of another site cannot send JSON, a script of another site cannot without a
preflight, which only the origins in ``API_ALLOWED_ORIGINS`` get (``defences/cors``), without cookies
(``defences/other_origins``), and ``defences/cross_site`` checks where every other request comes from.
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
    """Respond with 400 to a bearer token together with a login by cookies (RFC 6750, section 3.1).

    The cookies would decide who the user is, and could not be renewed, because a response to a token sets no cookies.
    The OpenAPI document is the same for everybody, so no user is loaded for it.
    """
    if request.endpoint == _DESCRIPTION or sent_bearer_token(request) is None or not current_user.is_authenticated:
        return
    if current_login_session().kind != Kind.BEARER:
        raise BadRequest("Send either a bearer token or the cookies of a login, not both.")
