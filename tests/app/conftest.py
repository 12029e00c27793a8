from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, event
from werkzeug import security

from benchmarks.services.postgresql import Cluster
from quart_app import waiting_time
from quart_app.application import Application
from quart_app.database import Base, postgresql
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import Visitor
from tests.services.tables import create_tables, sqlite_file


@pytest.fixture(autouse=True)
def long_postgresql_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long timeouts for PostgreSQL, because the machine is busy with other tests; tests of the timeouts undo this."""
    for name in ("_CONNECT_TIMEOUT", "_COMMAND_TIMEOUT"):
        monkeypatch.setattr(postgresql, name, 20.0)
    monkeypatch.setattr(postgresql, "_SERVER_TIMEOUTS", dict.fromkeys(postgresql._SERVER_TIMEOUTS, "20000"))
    monkeypatch.setattr(postgresql.Postgresql, "operation_timeout", 20.0)


@pytest.fixture(autouse=True)
def long_waiting_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long waiting time for requests, for the same reason."""
    monkeypatch.setattr(waiting_time, "WAITING_TIME", 60.0)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with all tables and no rows, of each kind: a test holds for both."""
    url: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return url


@pytest.fixture
def migrated_sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """An SQLite file with all tables and no rows."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'microblog.sqlite3')}"


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """The SQLite file with all tables that the files of tests are copied from."""
    return sqlite_file()


@pytest.fixture
def migrated_postgresql_url(postgresql_cluster: Cluster, migrated_postgresql: str) -> str:
    """A PostgreSQL database with all tables and no rows.

    It is one for all tests, emptied for each, as a copy would take ten times as long. So a test that changes the
    tables themselves takes ``postgresql_url``, which is its own.
    """
    tables = [table.name for table in Base.metadata.sorted_tables]
    postgresql_cluster.empty_database(migrated_postgresql, tables)
    return postgresql_cluster.url(migrated_postgresql)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_cluster: Cluster) -> str:
    """The name of the database of ``migrated_postgresql_url``."""
    name = postgresql_cluster.create_database()
    create_tables(postgresql_cluster.url(name))
    return name


_SETTINGS = Settings(password_method="pbkdf2:sha256:1", password_queue=100, address_limits=False, send_mails=False)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """A real database, a cheap hash, no limits on network addresses, and nobody who sends mails: the same for all."""
    return _SETTINGS.model_copy(update={"instance_path": tmp_path, "database_url": SecretStr(database_url)})


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Application]:
    """An application that has started, as under a server."""
    app = create_app(settings)
    async with app.test_app():
        yield app


@pytest.fixture
def visitor(app: Application) -> Visitor:
    """A browser without cookies."""
    return Visitor(app)


class Clock:
    """A clock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def shift(self, by: timedelta) -> None:
        self.now += by.total_seconds()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of cookies and login sessions."""
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def queries() -> Iterator[list[str]]:
    """Every statement that is sent to the database."""
    seen: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", remember)
    yield seen
    event.remove(Engine, "before_cursor_execute", remember)


@pytest.fixture
def hashes() -> Iterator[list[str]]:
    """The method of every hash that Werkzeug computes."""
    seen: list[str] = []
    original = security._hash_internal

    def count(method: str, salt: str, password: str) -> tuple[str, str]:
        seen.append(method)
        return original(method, salt, password)

    with mock.patch.object(security, "_hash_internal", count):
        yield seen
