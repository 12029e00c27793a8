"""The accepted forms of DATABASE_URL."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from quart_app.database import Database, UnusableDatabaseUrl, current_database
from quart_app.database_url import postgresql_server, sqlite_file
from quart_app.factory import create_app
from quart_app.settings import Settings


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite"])
@pytest.mark.parametrize("file", ["here.sqlite3", "/srv/a b#c.sqlite3"])
def test_files(scheme: str, file: str) -> None:
    """A URL for SQLite names a file after three slashes, with or without SQLAlchemy's driver name."""
    assert sqlite_file(f"{scheme}:///{file}") == file
    assert postgresql_server(f"{scheme}:///{file}") is None


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
@pytest.mark.parametrize(
    "rest",
    [
        "127.0.0.1/name",
        "susan:s%40crEt@db.example.com:5432/name?sslmode=require&application_name=microblog",
        "susan@[::1]:5432/name",
        "susan@one:5432,two:5433/name?target_session_attrs=read-write",
        "susan@/name?host=/run/postgresql",
    ],
)
def test_servers(scheme: str, rest: str) -> None:
    """A URL for PostgreSQL may have any of the usual schemes and all parameters of asyncpg."""
    server = postgresql_server(f"{scheme}://{rest}")
    assert server is not None
    assert (server.dsn, server.dropped, server.behind_pooler) == (f"postgresql://{rest}", (), False)
    assert sqlite_file(f"{scheme}://{rest}") is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://susan:s@crEt@host/name",
        "postgresql+psycopg://susan:s@crEt@host/name",
        "susan:s@crEt@host/name",
        "postgresql://susan:s@crEt@host/name",
        "postgresql://susan:s#crEt@host/name",
        "postgresql://susan:s/crEt@host/name",
        "postgresql://susan:1/crEt@host/name",
        "postgresql://susan:1?crEt@host/name",
        "postgresql://susan:1?crEt=1@host/name",
        "postgresql://susan:s[crEt@host/name",
        "postgresql://susan:fine@host:crEt/name",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file.sqlite3?password=crEt",
    ],
)
def test_invalid_urls(url: str) -> None:
    """An invalid URL is an error when the application is created, without any part of the password."""
    with pytest.raises(UnusableDatabaseUrl, match="DATABASE_URL") as error:
        create_app({"database_url": url})
    assert "crEt" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__context__ is None or "crEt" not in str(error.value.__context__)


def test_a_driver_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """If asyncpg is missing, the error says how to install it."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(UnusableDatabaseUrl, match=r"pip install 'quart-flask-login\[postgresql\]'"):
        Database("postgresql://susan@host/name")


def test_settings_show_no_password(tmp_path: Path) -> None:
    """The representation of the settings does not contain the password."""
    settings = Settings.model_validate({"database_url": "postgresql://susan:crEt@host/name"})
    assert "crEt" not in f"{settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    app = create_app(settings)
    assert "crEt" not in repr(vars(current_database.of(app)))
