"""Requests to an application between two commands."""

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
    """Serve requests to the application, and close it. It is not started: Quart can do that only once."""

    async def serve() -> Result:
        await prepare_tables(current_database.of(app), upgrade=True)
        try:
            return await visit()
        finally:
            await current_database.of(app).close()

    return asyncio.run(serve())


def can_log_in(app: Application, name: str, password: str = PASSWORD) -> bool:
    """Whether the login page accepts this password."""
    visitor = Visitor(app)

    async def try_it() -> bool:
        await visitor.login(name, password)
        return await visitor.is_in()

    return served(app, try_it)
