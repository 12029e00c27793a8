"""A worker: one Hypercorn in its own process, on listening sockets that it gets from the supervisor."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.utils import LifespanFailureError

from quart_app import create_app
from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, UnusableDatabaseUrl, current_database
from quart_app.framework.event_loops import abort_connections, make_event_loop
from quart_app.framework.idle_connections import watch_idle_connections_late
from quart_app.framework.small_reads import read_in_small_pieces
from quart_app.framework.websocket_compression import decline_compression
from quart_app.operation.logs import configure_logging
from quart_app.server_stop import current_server_stop
from quart_app.settings import Settings

from .lifeline import READY
from .warm_up import spare_the_collector, warm_up_while_serving


def serve_until_told(config: Config, settings: Settings, lifeline: socket.socket, *, warning: str | None) -> None:
    """Serve until told to stop.

    Arguments:
        config: with the listening sockets as its addresses.
        settings: of the application.
        lifeline: the supervisor's end is the other one.
        warning: for the log, before anything is served.
    """
    config.workers = 1
    read_in_small_pieces()
    watch_idle_connections_late()
    decline_compression()
    servers: list[asyncio.Server] = []
    with asyncio.Runner(loop_factory=partial(make_event_loop, config.worker_class, servers)) as runner:
        runner.get_loop().set_exception_handler(_report)
        configure_logging(json=settings.log_json, level=settings.log_level)
        app = create_app(settings)
        if warning is not None:
            app.logger.warning("%s", warning)
        runner.run(_refuse_unusable_database(app))
        spare_the_collector()
        stop = partial(_until_told, lifeline, app)
        until_stopped = partial(_stop_in_time, stop, servers, config.graceful_timeout)
        try:
            runner.run(serve(app, config, shutdown_trigger=until_stopped))
        except LifespanFailureError as error:
            raise SystemExit(str(error)) from None  # Quart has logged it with its traceback


async def _stop_in_time(stop: Callable[[], Awaitable[None]], servers: list[asyncio.Server], seconds: float) -> None:
    """Wait for the stop, and abort the connections that are still open so many seconds later."""
    await stop()
    asyncio.get_running_loop().call_later(seconds, abort_connections, servers)


async def _refuse_unusable_database(app: Application) -> None:
    """End with one line, instead of a traceback of the server's start, if a database on a server cannot be used."""
    database = current_database.of(app)
    if database.files:  # SQLite, whose file the start creates
        return
    try:
        await database.ping()
    except UnusableDatabaseUrl as error:
        raise SystemExit(str(error)) from None
    except DatabaseUnavailable as error:
        raise SystemExit(f"{error.description} ({error.__cause__})") from None


async def _until_told(lifeline: socket.socket, app: Application) -> None:
    """Report to the supervisor that this worker serves; return when it is told to stop.

    Hypercorn calls this when it serves. After the return it accepts no more connections and waits for the open ones;
    the application is told just before (see ``server_stop``).
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    lifeline.send(READY)
    loop.add_reader(lifeline, stop.set)
    warming_up = asyncio.create_task(warm_up_while_serving(app))
    await stop.wait()
    warming_up.cancel()
    loop.remove_reader(lifeline)
    current_server_stop.of(app).announce()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log errors of the event loop, but not failed TLS handshakes, which Hypercorn's own workers ignore, too."""
    if not isinstance(context.get("exception"), ssl.SSLError):
        loop.default_exception_handler(context)
