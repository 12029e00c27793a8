"""An application that somebody visits between two commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.migrations.start import prepare_tables
from tests.app.visitor import PASSWORD, Visitor

Result = TypeVar("Result")


def served(app: Application, visit: Callable[[], Awaitable[Result]]) -> Result:
    """Let somebody visit the application, and leave nothing open. It is not started: that, Quart can do only once."""

    async def serve() -> Result:
        await prepare_tables(current_database.of(app), upgrade=True)
        try:
            return await visit()
        finally:
            await current_database.of(app).close()

    return asyncio.run(serve())


def can_log_in(app: Application, name: str, password: str = PASSWORD) -> bool:
    """Whether the login page lets somebody in."""
    visitor = Visitor(app)

    async def try_it() -> bool:
        await visitor.login(name, password)
        return await visitor.is_in()

    return served(app, try_it)
