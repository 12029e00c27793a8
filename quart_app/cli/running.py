"""How a command runs: with the application, on an event loop, and with errors in a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import update_wrapper
from typing import Concatenate, ParamSpec, cast

import click
from quart.cli import ScriptInfo, pass_script_info

from quart_app.application import Application
from quart_app.database import DatabaseUnavailable

P = ParamSpec("P")


def with_app(command: Callable[Concatenate[Application, P], Awaitable[None]]) -> Callable[P, None]:
    """Make a command of a coroutine function, whose first argument is the application that ``quart --app`` names.

    It runs inside the application's context, without a server. A database that does not answer ends it with a
    sentence and exit code 1.
    """

    def run(info: ScriptInfo, /, *args: P.args, **kwargs: P.kwargs) -> None:
        app = cast("Application", info.load_app())

        async def work() -> None:
            async with app.app_context():
                try:
                    await command(app, *args, **kwargs)
                finally:
                    await app.database.close()

        try:
            asyncio.run(work())
        except DatabaseUnavailable as error:
            raise click.ClickException(f"{error.description} ({error.__cause__})") from error

    runner = pass_script_info(run)
    update_wrapper(runner, command)  # its name and docstring are those of the command
    return runner
