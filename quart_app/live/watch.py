"""Websockets end with the login session that opened them, whoever ends that, wherever, and however."""

from __future__ import annotations

import asyncio
import logging

from quart_app.application import Application
from quart_app.sessions.listing import living_sessions

from .hub import Hub
from .sockets import Close

_CHECK_INTERVAL = 2.0  # seconds between two checks
_CHECK_TIMEOUT = 3.0  # seconds that a check may take, with all its attempts
_RETRY_INTERVAL = 0.5  # seconds between two attempts

_log = logging.getLogger(__name__)


async def watch_sessions(app: Application, hub: Hub) -> None:
    """Look every two seconds, while there are sockets, without an end.

    The rows are asked, as these alone know of every way in which a session ends: so a socket outlives its session
    by two seconds and one query at most, and by five while the database does not answer. Being connected is
    no use of a session: that nobody has done anything for too long, a socket does not change.
    """
    while True:
        await hub.occupied.wait()
        await asyncio.sleep(_CHECK_INTERVAL)
        async with app.app_context():
            await check_sessions(hub)


async def check_sessions(hub: Hub) -> None:
    """Close the sockets whose session has ended, and all of them if that cannot be known: nobody is let in on trust."""
    sockets = hub.sockets
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT):
            living = await _ask({socket.session_id for socket in sockets})
    except TimeoutError:
        for socket in sockets:
            socket.end(Close.UNCERTAIN)
        return
    for socket in sockets:
        if (socket.session_id, socket.person.id) not in living:
            socket.end(Close.LOGGED_OUT)


async def _ask(session_ids: set[int]) -> set[tuple[int, int]]:
    while True:
        try:
            return await living_sessions(session_ids)
        except Exception:  # noqa: BLE001 - whatever it is: to give up would be to let them in for ever
            _log.warning("It cannot be seen which logins go on.", exc_info=True)
        await asyncio.sleep(_RETRY_INTERVAL)
