"""Runs a command in the application's context, on an event loop, with errors of the database as messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from typing import Concatenate, ParamSpec, cast

import click
from quart.cli import ScriptInfo, pass_script_info

from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, UnusableDatabaseUrl, current_database
from quart_app.migrations.errors import MigrationError
from quart_app.operation.logs import configure_logging

P = ParamSpec("P")


def with_app(command: Callable[Concatenate[Application, P], Awaitable[None]]) -> Callable[P, None]:
    """Make a command from a coroutine function, whose first argument is the application of ``quart --app``.

    It runs in the application's context, without a server. If the database cannot be used, the command ends with a
    message and exit code 1.
    """

    def run(info: ScriptInfo, /, *args: P.args, **kwargs: P.kwargs) -> None:
        app = cast("Application", info.load_app())
        configure_logging(json=app.settings.log_json, level=app.settings.log_level)

        async def work() -> None:
            async with app.app_context():
                try:
                    await command(app, *args, **kwargs)
                finally:
                    await current_database.of(app).close()

        with database_errors_as_messages():
            asyncio.run(work())

    runner = pass_script_info(run)
    update_wrapper(runner, command)  # click takes the name and the help text from these
    return runner


@contextmanager
def database_errors_as_messages() -> Iterator[None]:
    """End a command with a message if the database does not answer, or its URL or tables cannot be used."""
    try:
        yield
    except (MigrationError, UnusableDatabaseUrl) as error:
        raise click.ClickException(str(error)) from error
    except DatabaseUnavailable as error:
        raise click.ClickException(f"{error.description} ({error.__cause__})") from error
