"""The rows of login sessions, other browsers of the same user, and what is written in the background."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from tests.app.logged_in import log_in_as
from tests.app.visitor import Visitor


async def rows(app: Application) -> list[LoginSession]:
    """All rows of login sessions."""
    async with app.app_context(), current_database.of(app).session() as session:
        return list((await session.execute(select(LoginSession).order_by(LoginSession.id))).scalars())


async def another(app: Application, *, remember: bool = False, agent: str = "Quart") -> Visitor:
    """Another browser of susan."""
    visitor = Visitor(app, agent)
    async with app.app_context():
        user = await user_by_login("susan")
    assert user is not None
    await log_in_as(visitor, user, remember=remember)
    return visitor


async def settle(app: Application) -> None:
    """Wait for background tasks."""
    await asyncio.gather(*app.background_tasks)
