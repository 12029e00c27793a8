"""Runs the sender while the application is served."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import suppress

from quart_app.application import Application
from quart_app.database import DatabaseUnavailable
from quart_app.operation.logs import get_logger
from quart_app.server_stop import current_server_stop

from .queue import current_wake_up, remove_old_mails
from .sender import OUTAGE_PAUSE, POLL, Sender

_REMOVAL_INTERVAL = 3600.0  # seconds between two removals of old mails, on average
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
        tasks = {asyncio.create_task(_send(app, sender, wake_up, stop)), asyncio.create_task(_remove(app, stop))}
        yield
        begin_to_stop()
        _, late = await asyncio.wait(tasks, timeout=_STOP_TIMEOUT)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(DatabaseUnavailable):  # the lease ends by itself, too
            await sender.release()


async def _send(app: Application, sender: Sender, wake_up: asyncio.Event, stop: asyncio.Event) -> None:
    """Look into the queue at intervals, and at once when a mail was added in this process.

    Each worker begins at another moment. In an outage, of the mail server or the database, added mails change nothing.
    """
    event, pause = wake_up, POLL * random.random()  # noqa: S311 - spreads the workers, no secret
    is_database_away = False
    while True:
        await _is_set_within(pause, event)
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


async def _remove(app: Application, stop: asyncio.Event) -> None:
    """Remove old mails at intervals, the first time not at the start, when a server is busy."""
    while not await _is_set_within(_REMOVAL_INTERVAL * random.uniform(0.5, 1.5), stop):  # noqa: S311 - as above
        async with app.app_context():
            try:
                await remove_old_mails()
            except DatabaseUnavailable as error:
                _log.warning("Cannot remove old mails; trying again in about an hour", error=str(error.__cause__))
            except Exception:  # noqa: BLE001 - as above
                _log.exception("Cannot remove old mails; trying again in about an hour")


async def _is_set_within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
