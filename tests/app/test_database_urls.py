"""The accepted forms of DATABASE_URL."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from quart_app.configuration import ConfigurationError, read_settings
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


SERVER = "postgresql://susan:crEt@host/name"


@pytest.mark.parametrize(
    "parameters",
    [
        "channel_binding=prefer",
        "connect_timeout=10",
        "connection_limit=1",
        "pool_timeout=0",
        "keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3",
        "tcp_user_timeout=1000",
        "gssencmode=disable",
        "client_encoding=utf8",
        "schema=public",
        "supa=base-pooler.x",
        "sslsni=1",
    ],
)
def test_parameters_without_effect(parameters: str) -> None:
    """Parameters of libpq and of other drivers that change nothing here are dropped, each with a reason."""
    server = postgresql_server(f"{SERVER}?sslmode=require&{parameters}&application_name=microblog")
    assert server is not None
    assert server.dsn == f"{SERVER}?sslmode=require&application_name=microblog"
    names = [part.partition("=")[0] for part in parameters.split("&")]
    for name, sentence in zip(names, server.dropped, strict=True):
        assert sentence.startswith(f"DATABASE_URL: {name} has no effect: ")


def test_parameters_with_a_meaning() -> None:
    """``pgbouncer=true`` and ``sslrootcert=system`` are understood, and not handed on; ``options`` is."""
    server = postgresql_server(
        f"{SERVER}?pgbouncer=true&sslmode=verify-full&sslrootcert=system&channel_binding=require"
    )
    assert server is not None
    assert (server.dsn, server.behind_pooler, server.system_certificates) == (
        f"{SERVER}?sslmode=verify-full",
        True,
        True,
    )
    assert len(server.dropped) == 1
    server = postgresql_server(f"{SERVER}?options=-csearch_path%3Dapp&pgbouncer=false")
    assert server is not None
    assert (server.dsn, server.behind_pooler) == (f"{SERVER}?options=-csearch_path%3Dapp", False)


@pytest.mark.parametrize(
    ("parameters", "way_out"),
    [
        ("sslmode=require&channel_binding=require", "sslmode=verify-full&sslrootcert=system"),
        ("gssencmode=require", "sslmode=verify-full"),
        ("ssl=true", "sslmode=require"),
        ("sslmode=on", "verify-full"),
        ("sslmode=verify-full&sslrootcert=/nowhere/root.crt", "not a file"),
        (f"sslmode=verify-full&sslrootcert={Path(__file__).parent}", "not a file"),
        (f"sslmode=verify-full&sslrootcert={__file__}", "no certificate"),
        ("sslmode=verify-full", "sslrootcert=system"),
        ("sslmode=require&sslrootcert=system", "needs sslmode=verify-full"),
        ("schema=app", "options=-csearch_path%3Dname"),
        ("target_session_attrs=standby", "read-write"),
        ("statement_timeout=5000", "options=-cstatement_timeout%3Dvalue"),
        ("pgbouncer=yes", "true, false"),
        ("port=many", "not a number"),
        ("require_auth=scram-sha-256", "remove it"),
    ],
)
def test_parameters_that_are_refused(
    parameters: str, way_out: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Other parameters are refused before a server starts, in one sentence that has the way out and no password."""
    monkeypatch.setenv("HOME", str(tmp_path))  # without ~/.postgresql/root.crt
    monkeypatch.setenv("DATABASE_URL", f"{SERVER}?{parameters}")
    with pytest.raises(ConfigurationError) as error:
        read_settings()
    message = error.value.message
    assert message.startswith("DATABASE_URL: ")
    assert way_out in message
    assert parameters.rpartition("&")[2].partition("=")[0] in message
    assert "crEt" not in message


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DATABASE_URL": SERVER, "DATABASE_POOLER": "transaction"}, "Set DATABASE_DIRECT_URL"),
        ({"DATABASE_URL": f"{SERVER}?pgbouncer=true"}, "Set DATABASE_DIRECT_URL"),
        ({"DATABASE_URL": SERVER, "DATABASE_POOLER": "session"}, "DATABASE_POOLER"),
        ({"DATABASE_POOLER": "transaction"}, "are for PostgreSQL"),
        ({"DATABASE_URL": "sqlite:///here", "DATABASE_DIRECT_URL": SERVER}, "are for PostgreSQL"),
        ({"DATABASE_URL": SERVER, "DATABASE_DIRECT_URL": "sqlite:///here"}, "DATABASE_DIRECT_URL has to begin with"),
        ({"DATABASE_URL": SERVER, "DATABASE_DIRECT_URL": f"{SERVER}?pgbouncer=true"}, "not a pooler"),
        ({"DATABASE_URL": SERVER, "DATABASE_DIRECT_URL": f"{SERVER}?ssl=1"}, "DATABASE_DIRECT_URL: ssl=1"),
        ({"DATABASE_URL": "mysql://susan:crEt@host/name"}, "has to begin with postgresql"),
    ],
)
def test_settings_that_contradict_each_other(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pooler without a way to migrate, and URLs that do not fit their settings, are refused in one sentence."""
    monkeypatch.setenv("UPGRADE_AT_START", "true")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=expected) as error:
        read_settings()
    assert "crEt" not in error.value.message


def test_a_pooler_needs_no_direct_url_where_another_host_upgrades(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``UPGRADE_AT_START=false`` a server has nothing to migrate."""
    monkeypatch.setenv("DATABASE_URL", f"{SERVER}?pgbouncer=true")
    monkeypatch.setenv("UPGRADE_AT_START", "false")
    assert read_settings().database_pooler is None


@pytest.mark.parametrize("options", ["-cno_such_setting%3D1", "-clock_timeout%3Dlong", "endpoint%3Dep-1"])
async def test_options_that_the_server_refuses(postgresql_url: str, options: str) -> None:
    """An unusable setting in the URL is told with the server's words, and is not a fault that may pass."""
    database = Database(f"{postgresql_url}?options={options}")
    with pytest.raises(UnusableDatabaseUrl, match=r"DATABASE_URL cannot be used: (unrecognized|invalid) "):
        await database.ping()
    await database.close()


def test_several_hosts() -> None:
    """Several hosts are tried one by one, each with its port."""
    server = postgresql_server("postgres://susan@one:5433,[::1],two/name?target_session_attrs=read-write")
    assert server is not None
    assert server.hosts == (("one", 5433), ("::1", 5432), ("two", 5432))


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
