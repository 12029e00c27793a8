"""Closes websockets whose login session has ended, in whatever way and on whatever host it ended."""

from __future__ import annotations

import asyncio

from quart_app.application import Application
from quart_app.operation.guarded_logger import GuardedLogger
from quart_app.sessions.listing import living_sessions

from .hub import Hub
from .sockets import Close

_CHECK_INTERVAL = 2.0  # seconds between two checks
_CHECK_TIMEOUT = 3.0  # seconds that a check may take, with all its attempts
_RETRY_INTERVAL = 0.5  # seconds between two attempts

_log = GuardedLogger(__name__)


async def watch_sessions(app: Application, hub: Hub) -> None:
    """Check the sessions of all sockets every two seconds, while there are any, until cancelled.

    The rows are queried, because every way to end a session changes them. So a socket outlives its session by two
    seconds and one query at most, and by five seconds while the database does not answer. An open websocket is not a
    use of its session: the session still expires when it is idle.
    """
    while True:
        await hub.occupied.wait()
        await asyncio.sleep(_CHECK_INTERVAL)
        async with app.app_context():
            await check_sessions(hub)


async def check_sessions(hub: Hub) -> None:
    """Close the sockets whose session has ended, or all of them if the database does not answer in time."""
    sockets = hub.sockets
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT):
            living = await _query_living_sessions({socket.session_id for socket in sockets})
    except TimeoutError:
        for socket in sockets:
            socket.end(Close.UNCERTAIN)
        return
    for socket in sockets:
        if (socket.session_id, socket.person.id) not in living:
            socket.end(Close.LOGGED_OUT)


async def _query_living_sessions(session_ids: set[int]) -> set[tuple[int, int]]:
    while True:
        try:
            return await living_sessions(session_ids)
        except Exception:  # noqa: BLE001 - after any error: without checks, sockets would stay open for ever
            _log.warning(
                "Could not check which login sessions of websockets are still valid; trying again.", exc_info=True
            )
        await asyncio.sleep(_RETRY_INTERVAL)
