"""The index of the API: where everything else is, for programs that know one address."""

from __future__ import annotations

from http import HTTPStatus

from quart import url_for

from .blueprint import blueprint
from .operations import ANYBODY, INDEX, operation
from .schemas import Index

_LIVE, _LIVE_DESCRIPTION = "live.updates", "asyncapi.document"


@blueprint.get("", strict_slashes=False)  # HTTP clients with a base URL ask for it with a slash
@operation(about=INDEX, status=HTTPStatus.OK, answers=Index, for_=ANYBODY, if_lost=None)
async def index() -> Index:
    """List the addresses of the API."""
    return Index(
        description=url_for("api.openapi"),
        documentation=url_for("api.documentation"),
        users=url_for("api.register"),
        sessions=url_for("api.log_in"),
        current_session=url_for("api.show_current_session"),
        current_user=url_for("api.me"),
        websocket=url_for(_LIVE),
        websocket_description=url_for(_LIVE_DESCRIPTION),
    )
