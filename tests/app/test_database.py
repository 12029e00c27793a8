"""The database: what it stores, and how it is set up."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import OperationalError

from quart_app.accounts.passwords import check_password
from quart_app.accounts.users import add_user, user_by_login
from quart_app.application import Application
from quart_app.database import Database, UtcDateTime, current_database
from quart_app.factory import create_app
from tests.app.visitor import PASSWORD, Visitor


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_is_prepared(app: Application) -> None:
    """SQLite uses WAL and a busy timeout, and checks foreign keys."""
    async with current_database.of(app).session() as session:
        for pragma, value in (("journal_mode", "wal"), ("busy_timeout", 2000), ("foreign_keys", 1)):
            assert await session.scalar(text(f"PRAGMA {pragma}")) == value


async def test_a_new_start_keeps_everything(tmp_path: Path) -> None:
    """Users are kept across a restart, in the configured file."""
    overrides = {
        "instance_path": tmp_path / "key",
        "database_url": f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.sqlite3'}",
        "password_method": "pbkdf2:sha256:1",
    }
    first = create_app(overrides)
    async with first.test_app():
        await Visitor(first).register()
    second = create_app(overrides)
    async with second.test_app():
        assert (await Visitor(second).login()).location == "/index"
    assert (tmp_path / "elsewhere.sqlite3").exists()


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A missing folder is an error at once, without retries."""
    before = set(threading.enumerate())
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'one.sqlite3'}")
    with pytest.raises(OperationalError, match="unable to open"):
        await asyncio.wait_for(database.open(), 2)
    await database.close()
    # aiosqlite does not wait for the thread of a connection that failed; that one still needs this test's loop.
    while any("_connection_worker" in thread.name for thread in set(threading.enumerate()) - before):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_a_user_that_is_loaded(app: Application) -> None:
    """A loaded user has the stored values, with times in UTC, and a hash instead of the password."""
    async with app.app_context():
        added = await add_user(username="Susan", email="Susan@Example.com", password=PASSWORD)
        user = await user_by_login("SUSAN")
        assert user is not None
        assert user == added == await user_by_login("susan")
        assert (user.username, user.email, user.is_active) == ("Susan", "Susan@Example.com", True)
        assert user.created_at.tzinfo is UTC
        assert abs(datetime.now(UTC) - user.created_at) < timedelta(minutes=1)
        assert repr(user) == "<User Susan>"
        assert PASSWORD not in (user.password_hash or "")
        assert await check_password(user, PASSWORD)
        assert not await check_password(user, PASSWORD + " ")
        assert await user_by_login("nobody") is None


def test_moments_are_utc() -> None:
    """Times of any zone are stored in UTC; a time without a zone is an error."""
    column = UtcDateTime()
    dialect = DefaultDialect()
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert column.process_bind_param(noon, dialect) == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert column.process_bind_param(None, dialect) is None
    assert column.process_result_value(None, dialect) is None
    with pytest.raises(ValueError, match="has no time zone"):
        column.process_bind_param(noon.replace(tzinfo=None), dialect)
