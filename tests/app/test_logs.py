"""The request log: its content, and what must never be in it."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import text

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.operation.logs import configure_logging
from quart_app.settings import Settings
from tests.app.log_lines import logging_of_a_worker, read_lines
from tests.app.visitor import PASSWORD, Visitor
from tests.services.tables import folder_with_tables

_ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """The log of a worker, as JSON."""
    with logging_of_a_worker(json=True):
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """SQLite only: the log does not depend on the database."""
    return Settings(instance_path=folder_with_tables(tmp_path), password_method="pbkdf2:sha256:1")


async def test_a_line_for_each_request(visitor: Visitor, capfd: pytest.CaptureFixture[str]) -> None:
    """A line has the time in UTC, method, path, route, status, duration and the id that the client gets."""
    page = await visitor.get("/account?next=secret")
    (line,) = read_lines(capfd)
    assert datetime.fromisoformat(line.pop("time")).utcoffset() == timedelta(0)
    assert 0 < line.pop("seconds") < 60
    assert _ID.fullmatch(line["request_id"])
    assert page.headers["X-Request-ID"] == line.pop("request_id")
    assert line == {
        "level": "info",
        "logger": "quart_app.access",
        "event": "request",
        "method": "GET",
        "path": "/account",
        "route": "/account",
        "status": 302,
        "address": None,
    }


async def test_paths_and_routes(visitor: Visitor, capfd: pytest.CaptureFixture[str]) -> None:
    """A request for an unknown path has a path and no route."""
    for expected in (
        ("/account/sessions/end-others", 405, None),
        ("/nowhere", 404, None),
        ("/static/style.css", 200, "/static/<path:filename>"),
    ):
        await visitor.get(expected[0])
        (line,) = read_lines(capfd)
        assert (line["path"], line["status"], line["route"]) == expected


async def test_long_paths_are_cut(visitor: Visitor, capfd: pytest.CaptureFixture[str]) -> None:
    """A long path is cut in the log."""
    await visitor.get("/" + 5000 * "x")
    (line,) = read_lines(capfd)
    assert len(line["path"]) == 200


async def test_a_log_line_has_an_end(visitor: Visitor, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever a client sends in path, query string, headers and body, the lines of its request are short."""
    token = (await visitor.get("/login")).token
    read_lines(capfd)
    fields = {"csrf_token": token, "username": "x" * 20_000, "password": "y" * 20_000}
    headers = {"Referer": "r" * 4000, "X-Request-ID": "i" * 4000, "User-Agent": "Firefox" + "u" * 4000}
    await visitor.post(f"/login?next={'n' * 4000}", fields, headers)
    lines = read_lines(capfd)
    assert lines
    assert all(len(str(line)) < 1000 for line in lines)


async def test_request_ids_are_taken(visitor: Visitor, capfd: pytest.CaptureFixture[str]) -> None:
    """A valid ``X-Request-ID`` of a proxy is used."""
    for sent in ("a", "Az09._-", 64 * "x"):
        page = await visitor.get("/nowhere", {"X-Request-ID": sent})
        assert page.headers.getlist("X-Request-ID") == [sent]
        assert [line["request_id"] for line in read_lines(capfd)] == [sent]


async def test_request_ids_are_refused(visitor: Visitor, capfd: pytest.CaptureFixture[str]) -> None:
    """A request id that is too long or has other characters is replaced, in the log and the response."""
    for sent in ("", "a b", "a\tb", "é", 'a"b', "a;b", "a/b", 65 * "x"):
        page = await visitor.get("/nowhere", {"X-Request-ID": sent})
        assert _ID.fullmatch(page.headers["X-Request-ID"]), sent
        assert [line["request_id"] for line in read_lines(capfd)] == [page.headers["X-Request-ID"]]


async def test_ids_differ(visitor: Visitor) -> None:
    """Two requests have different ids."""
    pages = [await visitor.get("/nowhere") for _ in range(3)]
    assert len({page.headers["X-Request-ID"] for page in pages}) == 3


async def test_errors_have_the_id_and_one_line(
    app: Application, visitor: Visitor, capfd: pytest.CaptureFixture[str]
) -> None:
    """An error with its traceback is one line, with the id of the request."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    async def fail() -> NoReturn:
        raise LookupError("first line\nsecond line")

    app.view_functions["accounts.login"] = fail
    page = await visitor.get("/login")
    error, access = read_lines(capfd)
    assert (error["level"], access["status"]) == ("error", 500)
    assert error["request_id"] == access["request_id"] == page.headers["X-Request-ID"]
    assert "Traceback" in error["exception"]
    assert "LookupError: first line\nsecond line" in error["exception"]


@pytest.mark.parametrize("json", [True, False])
async def test_no_line_is_forged(
    app: Application, visitor: Visitor, capfd: pytest.CaptureFixture[str], json: bool
) -> None:
    """Line breaks, control characters and Unicode's line separators in a path or name are escaped."""
    configure_logging(json=json, level="DEBUG")
    evil = "a\r\nb\x1b[2J\x85\u2028c"
    app.logger.info("Hello %s", evil)
    await visitor.get("/a%0d%0ab")
    await visitor.login(f"su\r\n{evil}san")
    written = capfd.readouterr().err
    assert len(written.splitlines()) == 5
    assert len(written.split("\n")) == 6
    assert "\x1b" not in written


async def test_text_for_the_eye(app: Application, capfd: pytest.CaptureFixture[str]) -> None:
    """In development lines are readable text, with the traceback below."""
    configure_logging(json=False, level="INFO")
    app.logger.info("Hello %s", "Zoë")
    app.logger.error("Sorry", exc_info=LookupError("gone"))
    first, second, *traceback = capfd.readouterr().err.splitlines()
    assert re.fullmatch(r"\S+Z info     quart_app Hello Zoë", first)
    assert re.fullmatch(r"\S+Z error    quart_app Sorry", second)
    assert traceback == ["LookupError: gone"]


@pytest.fixture
async def everything_logged(tmp_path: Path) -> AsyncIterator[Application]:
    """All that our code and libraries log at DEBUG."""
    configure_logging(json=True, level="DEBUG")
    app = create_app(
        {
            "instance_path": folder_with_tables(tmp_path),
            "password_method": "pbkdf2:sha256:1",
            "metrics_token": "the token of the metrics",
            "secret_key": "the key that signs all cookies",
        }
    )
    async with app.test_app():
        yield app


async def test_no_secret_is_logged(everything_logged: Application, capfd: pytest.CaptureFixture[str]) -> None:
    """Even at DEBUG and in errors no password, cookie, token, handle, hash, name or query is logged."""
    app = everything_logged
    app.config["PROPAGATE_EXCEPTIONS"] = False
    susan, secrets = Visitor(app), {PASSWORD, "another long password", "the token of the metrics"}
    await susan.register()
    await susan.login(PASSWORD)  # the password in the field of the name
    await susan.login("susan", "wrong password of susan")
    await susan.login(path="/login?next=%2Faccount%3Fsecret-of-next", remember=True)
    for cookie in susan.client.cookie_jar or ():
        secrets |= {str(cookie.value), *str(cookie.value).split("|")}
    secrets |= {(await susan.get("/account/email")).token}
    susan.forget("session")
    await susan.get("/account/password")
    await susan.submit("/reauthenticate", current_password="wrong password of susan")
    await susan.submit("/reauthenticate", current_password=PASSWORD)
    new = {"password": "another long password", "password2": "another long password"}
    await susan.submit("/account/password", current_password=PASSWORD, **new)
    await susan.get("/metrics", {"Authorization": "Bearer the token of the metrics"})
    await susan.get("/metrics", {"Authorization": "Bearer some other token of somebody"})
    for cookie in susan.client.cookie_jar or ():
        secrets |= {str(cookie.value), *str(cookie.value).split("|")}
    async with current_database.of(app).session() as session:
        secrets |= set((await session.scalars(text("SELECT password_hash FROM users"))).all())
        secrets |= set((await session.scalars(text("SELECT handle_hash FROM login_sessions"))).all())
        await session.execute(text("DROP TABLE login_sessions"))
        await session.commit()
    assert (await susan.get("/index")).status in (500, 503)
    assert (await Visitor(app).login("susan", "another long password")).status in (500, 503)
    written = capfd.readouterr().err
    assert len(written.splitlines()) > 20
    assert "no such table" in written
    secrets |= {
        "wrong password of susan",
        "secret-of-next",
        "some other token",
        "the key that signs",
        "susan@example.com",
    }
    assert [secret for secret in secrets if len(secret) > 2 and secret in written] == []


async def test_libraries_do_not_debug(everything_logged: Application) -> None:
    """Libraries do not log below WARNING: some would log the content of queries and headers."""
    for library in ("aiosqlite", "hpack", "sqlalchemy.engine.Engine", "asyncio", "hypercorn.error"):
        assert not logging.getLogger(library).isEnabledFor(logging.DEBUG), library


async def test_database_url_is_not_logged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """If the database cannot be reached, its password is not logged."""
    url = "postgresql+asyncpg://microblog:password-of-the-database@127.0.0.1:1/microblog"
    configure_logging(json=True, level="DEBUG")
    app = create_app({"instance_path": tmp_path, "database_url": url})
    page = await Visitor(app).login()
    assert page.status == 503
    written = capfd.readouterr().err
    assert "refused" in written or "Connect call failed" in written
    assert "password-of-the-database" not in written


@contextmanager
def full_disk() -> Iterator[None]:
    """A log on a full disk, by our handler and by another one."""
    root = logging.getLogger()
    stream = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w", buffering=1)
    other = logging.FileHandler("/dev/full")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", stream)
        patch.setattr(root, "handlers", [*root.handlers, other])
        yield
    for each in (stream, other):
        with suppress(OSError):  # of what is still to be written
            each.close()


async def test_a_log_that_cannot_be_written(visitor: Visitor) -> None:
    """If the log cannot be written, requests are answered as usual."""
    with full_disk():
        with pytest.raises(OSError, match="No space left"):
            print("Is it full?", file=sys.stderr)
        assert (await visitor.register()).status == 302
        assert (await visitor.login(password="not the password")).location == "/login"
        assert (await visitor.login()).location == "/index"
        assert (await visitor.get("/nowhere")).status == 404


class _Broken(logging.Handler):
    """A handler that raises its errors instead of calling ``handleError``."""

    def emit(self, record: logging.LogRecord) -> NoReturn:
        raise OSError("The network of the log is down")


@pytest.mark.parametrize("logger", ["", "quart_app", "quart_app.events"])
async def test_a_handler_that_raises(
    visitor: Visitor, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, logger: str
) -> None:
    """If a handler raises, requests are answered, and the other handlers get the record."""
    where = logging.getLogger(logger)
    monkeypatch.setattr(where, "handlers", [_Broken(), *where.handlers])
    assert (await visitor.register()).status == 302
    assert (await visitor.login(password="not the password")).location == "/login"
    assert (await visitor.login()).location == "/index"
    written = capfd.readouterr().err
    assert "The network of the log is down" in written
    assert '"event": "login succeeded"' in written


def test_log_levels(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Lines below the level are not written, and configuring twice adds no second handler."""
    configure_logging(json=False, level="DEBUG")
    configure_logging(json=True, level="WARNING")
    app = create_app({"instance_path": tmp_path})
    app.logger.info("not this")
    app.logger.warning("this")
    assert [line["event"] for line in read_lines(capfd)] == ["this"]


def test_production_logs_json(tmp_path: Path) -> None:
    """By default the log is JSON in production and text elsewhere."""
    production = {"environment": "production", "secret_key": "a key that is long enough", "mail_url": "file:"}
    assert Settings.model_validate(production).log_json
    assert not Settings().log_json
    assert Settings(log_format="json").log_json
