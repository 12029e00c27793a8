"""Runs the sender while the application is served."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import suppress

from quart_app.application import Application
from quart_app.database import DatabaseUnavailable
from quart_app.operation.logs import get_logger
from quart_app.pause import is_set_within
from quart_app.server_stop import current_server_stop

from .queue import current_wake_up
from .sender import OUTAGE_PAUSE, POLL, Sender

_STOP_TIMEOUT = 5.0  # seconds for the mail that is being sent when the server stops; it is sent again afterwards

_log = get_logger("quart_app.mail")


def send_while_serving(app: Application, sender: Sender) -> None:
    """Send mails while the application is served; at the end, finish the current one unless that takes too long."""
    wake_up, stop = current_wake_up.of(app), asyncio.Event()

    def begin_to_stop() -> None:
        sender.stop()
        stop.set()
        wake_up.set()

    current_server_stop.of(app).call(begin_to_stop)

    @app.while_serving
    async def send() -> AsyncGenerator[None, None]:
        sending = asyncio.create_task(_send(app, sender, wake_up, stop))
        yield
        begin_to_stop()
        await asyncio.wait([sending], timeout=_STOP_TIMEOUT)
        sending.cancel()  # unless it has ended
        await asyncio.gather(sending, return_exceptions=True)
        with suppress(DatabaseUnavailable):  # the lease ends by itself, too
            await sender.release()


async def _send(app: Application, sender: Sender, wake_up: asyncio.Event, stop: asyncio.Event) -> None:
    """Look into the queue at intervals, and at once when a mail was added in this process.

    Each worker begins at another moment. In an outage, of the mail server or the database, added mails change nothing.
    """
    event, pause = wake_up, POLL * random.random()  # noqa: S311 - spreads the workers, no secret
    is_database_away = False
    while True:
        await is_set_within(pause, event)
        if stop.is_set():  # before the next line, which would forget that it was
            return
        wake_up.clear()
        async with app.app_context():
            try:
                pause = await sender.send_due()
            except DatabaseUnavailable as error:
                if not is_database_away:
                    _log.warning("Cannot look for mails to send; trying again until it can", error=str(error.__cause__))
                event, pause, is_database_away = stop, OUTAGE_PAUSE, True
            except Exception:  # noqa: BLE001 - the task goes on, whatever it is
                _log.exception("Cannot look for mails to send; trying again")
                event, pause = stop, OUTAGE_PAUSE
            else:
                event, is_database_away = stop if sender.is_server_unavailable else wake_up, False
