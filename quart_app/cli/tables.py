"""Commands that need the tables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.migrations.start import prepare_tables

from .running import with_app

P = ParamSpec("P")


def with_tables(command: Callable[Concatenate[Application, P], Awaitable[None]]) -> Callable[P, None]:
    """As :func:`~quart_app.cli.running.with_app`, with tables that are as new as the code.

    If they are not, the same happens as when a server starts: they are changed, or it is said how to.
    """

    @with_app
    @wraps(command)
    async def run(app: Application, /, *args: P.args, **kwargs: P.kwargs) -> None:
        await prepare_tables(current_database.of(app), upgrade=app.settings.upgrades_at_start)
        await command(app, *args, **kwargs)

    return run
