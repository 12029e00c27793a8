"""The page that shows who is online, and the websocket that keeps it up to date."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from quart import Blueprint, Response, render_template, request, websocket
from werkzeug.exceptions import HTTPException

from compat import login_required
from quart_app.accounts.login import current_login_session, current_user
from quart_app.defences.content_policy import csp_update
from quart_app.errors.problems import problem_response
from quart_app.sessions.bearer import accepted_subprotocol

from .hub import current_hub
from .messages import NAMES_SHOWN
from .people import Person
from .sockets import Close, Socket

_SEND_TIMEOUT = 2.0  # seconds that a client may take to accept a message

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
    """A request for the websocket that is no handshake, or none any more (RFC 9110, section 15.5.22)."""

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
    person = Person(current_user.id, current_user.username)
    with current_hub().open(person, current_login_session().id) as socket:
        await websocket.accept(subprotocol=accepted_subprotocol(websocket))
        receiving = asyncio.create_task(_receive(socket))
        try:
            closing = await _send_messages(socket)
        finally:
            receiving.cancel()
            # In Quart 0.23 this raises an error when the client is gone.
            await asyncio.gather(receiving, return_exceptions=True)
    with suppress(TimeoutError):
        async with asyncio.timeout(_SEND_TIMEOUT):
            await websocket.close(closing.code, closing.reason)


async def _receive(socket: Socket) -> None:
    await websocket.receive()
    socket.end(Close.NOT_LISTENING)


async def _send_messages(socket: Socket) -> Close:
    while (message := await socket.next_message()) is not None:
        try:
            async with asyncio.timeout(_SEND_TIMEOUT):
                await websocket.send(message)
        except TimeoutError:
            socket.end(Close.TOO_SLOW)
    return socket.closing or Close.STOPPING
