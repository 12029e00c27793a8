"""Runs commands that need up-to-date tables."""

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
    """As :func:`~quart_app.cli.running.with_app`, after a check that the tables are up to date.

    Old tables are treated as when a server starts: they are upgraded, or the command ends and tells how to do it.
    """

    @with_app
    @wraps(command)
    async def run(app: Application, /, *args: P.args, **kwargs: P.kwargs) -> None:
        settings = app.settings
        await prepare_tables(
            current_database.of(app), upgrade=settings.upgrades_at_start, environment=settings.stated_environment
        )
        await command(app, *args, **kwargs)

    return run
