"""The page that shows who is online, and the websocket that keeps it up to date."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart import Blueprint, Response, render_template, request, websocket
from werkzeug.exceptions import HTTPException

from compat import login_required
from quart_app.accounts.login import current_login_session, current_user
from quart_app.defences.content_policy import csp_update
from quart_app.errors.problems import problem_response
from quart_app.framework.websocket_continuation import continue_with
from quart_app.sessions.bearer import accepted_subprotocol

from .hub import Hub, current_hub
from .messages import NAMES_SHOWN
from .people import Person
from .sockets import Socket

SOCKET = "/live/ws"
"""The address of the websocket."""

blueprint = Blueprint("live", __name__)


@blueprint.get("/live")
@login_required
@csp_update({"script-src": "'self'"})
async def page() -> str:
    """Show who is online. The script of the page opens the websocket, and applies its updates."""
    everywhere = current_hub().everywhere
    people = everywhere.first(NAMES_SHOWN)
    return await render_template("live/page.html", people=people, more=len(everywhere) - len(people))


class _UpgradeRequired(HTTPException):
    """A request for the websocket that is not a handshake, or none any more (RFC 9110, section 15.5.22)."""

    code = 426
    name = "Upgrade Required"

    def get_headers(self, *_: Any) -> list[tuple[str, str]]:
        """The headers of the response; HTTP/2 has none for it."""
        return [("Upgrade", "websocket"), ("Connection", "Upgrade")] if request.http_version == "1.1" else []


@blueprint.get(SOCKET)
async def refuse_request() -> Response:
    """Say by a problem that this is a websocket: programs come here when a proxy drops the headers of the handshake."""
    advice = "Open a websocket here. If you have, a proxy does not pass on Upgrade and Connection."
    return problem_response(_UpgradeRequired(advice))


@blueprint.websocket(SOCKET)
@login_required
async def updates() -> None:
    """Send who is online, now and after each change, until the login session ends.

    Clients only receive: the server closes the websocket of one that sends a message.
    """
    hub = current_hub()
    socket = hub.add(Person(current_user.id, current_user.username), current_login_session().id)
    continue_with(partial(_serve, hub, socket))
    await websocket.accept(subprotocol=accepted_subprotocol(websocket))


async def _serve(hub: Hub, socket: Socket, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    try:
        await socket.run(receive, send)
    finally:
        hub.remove(socket)
