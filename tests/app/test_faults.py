"""When the database fails, no user is logged out or taken for another."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.accounts.login import end_login, start_login
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, current_database
from quart_app.database.data_loader import DataLoader
from quart_app.factory import create_app
from tests.app.visitor import Visitor


@contextmanager
def broken(error: Exception) -> Iterator[None]:
    """A database that fails with this error."""

    async def fail(*_args: object, **_kwargs: object) -> NoReturn:
        raise error

    def fail_at_once(*_: object) -> NoReturn:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        for method in ("get", "scalar", "execute", "commit"):
            patch.setattr(AsyncSession, method, fail)
        patch.setattr(DataLoader, "_fetch_once", fail_at_once)
        yield


@pytest.mark.parametrize("lost", [None, "session"])
@pytest.mark.parametrize("error", [OSError("connection refused"), TimeoutError()])
async def test_a_fault_is_no_logout(user: Visitor, error: Exception, lost: str | None) -> None:
    """The response is 503 with ``Retry-After`` and no cookie; afterwards the user is still logged in."""
    if lost:
        user.forget(lost)
    with broken(error):
        page = await user.get("/index")
        assert page.status == 503
        assert page.headers["Retry-After"] == "1"
        assert page.cookies == {}
        assert "Back in a moment" in page.text
        assert "refused" not in page.text
    assert (await user.get("/index")).status == 200


@pytest.mark.parametrize("name", ["microblog.sqlite3", "50% of #ü & co.sqlite3"])
async def test_a_file_that_is_away(tmp_path: Path, sqlite_template: Path, name: str) -> None:
    """While SQLite's file is missing the response is 503 and no file is created; afterwards all is as before."""
    file, elsewhere = tmp_path / name, tmp_path / "elsewhere"
    shutil.copy(sqlite_template, file)
    settings = {"instance_path": tmp_path, "database_url": f"sqlite:///{file}", "password_method": "pbkdf2:sha256:1"}
    app = create_app({**settings, "send_mails": False})  # the sender would use a connection that is not closed then
    async with app.test_app():
        user = Visitor(app)
        await user.register()
        await user.login(remember=True)
        await current_database.of(app).close()  # the next one who asks gets a new connection
        file.rename(elsewhere)
        for who in (user, user.copy("remember_token")):
            page = await who.get("/index")
            assert (page.status, page.headers["Retry-After"], page.cookies) == (503, "1", {})
        assert not file.exists()
        elsewhere.rename(file)
        assert await user.is_in()


async def test_public_pages_go_on(app: Application) -> None:
    """Visitors get the login page and static files, and 503 only where data is needed."""
    stranger = Visitor(app)
    with broken(OSError("connection refused")):
        assert (await stranger.get("/login")).status == 200
        assert (await stranger.get("/static/style.css")).status == 200
        assert (await stranger.get("/nowhere")).status == 404
        failed = await stranger.login()
        assert (failed.status, failed.cookies) == (503, {})
        assert (await stranger.register()).status == 503


async def test_a_mistake_is_no_fault(user: Visitor, app: Application) -> None:
    """A wrong SQL statement is a bug: 500 without details."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with broken(ProgrammingError("SELECT secrets", None, Exception("no such table"))):
        page = await user.get("/index")
    assert (page.status, page.cookies) == (500, {})
    assert "Something broke" in page.text
    assert "secrets" not in page.text


async def test_pages_that_need_no_user_go_on(user: Visitor) -> None:
    """Logged-in users get static files and error pages while the database is down."""
    with broken(OSError("connection refused")):
        assert (await user.get("/static/style.css")).status == 200
        assert (await user.get("/nowhere")).status == 404


async def test_login_that_fails_later_is_none(visitor: Visitor, app: Application) -> None:
    """A view that logs in and then fails leaves nobody logged in or remembered."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    await visitor.register()

    async def log_in_and_fail() -> NoReturn:
        user = await user_by_login("susan")
        assert user is not None
        assert await start_login(user, remember=True)
        raise LookupError

    app.view_functions["accounts.login"] = log_in_and_fail
    failed = await visitor.get("/login")
    assert (failed.status, failed.cookies) == (500, {})
    assert (await visitor.get("/index")).status == 302


async def test_logout_that_fails_later_is_one(user: Visitor, app: Application) -> None:
    """Once the login session has been ended its cookies are invalid, whatever fails afterwards."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    async def log_out_and_fail() -> NoReturn:
        await end_login()
        raise LookupError

    app.view_functions["accounts.logout"] = log_out_and_fail
    failed = await user.get("/logout")
    assert (failed.status, failed.cookies) == (500, {})
    assert (await user.get("/index")).status == 302


async def test_logout_that_cannot_be_written_is_none(user: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a logout cannot be written, the user gets an error and is still logged in."""
    token = (await user.get("/logout")).token

    async def fail(_: object) -> NoReturn:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(AsyncSession, "commit", fail)
        failed = await user.post("/logout", {"csrf_token": token})
    assert (failed.status, failed.cookies) == (503, {})
    assert (await user.get("/index")).status == 200


@pytest.mark.parametrize("path", ["/logout", "/api/v1/sessions/current"])
async def test_a_fault_after_the_commit_claims_nothing(
    user: Visitor, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """If the connection is lost after a commit, the response does not claim that nothing was changed."""
    token = (await user.get("/logout")).token
    commit = AsyncSession.commit

    async def commit_and_lose_the_answer(session: AsyncSession) -> NoReturn:
        await commit(session)
        raise OSError("connection lost")

    with monkeypatch.context() as patch:
        patch.setattr(AsyncSession, "commit", commit_and_lose_the_answer)
        if path == "/logout":
            failed = await user.client.post(path, form={"csrf_token": token})
        else:
            failed = await user.client.delete(path)
    text = await failed.get_data(as_text=True)
    assert failed.status_code == 503
    assert not re.search("nothing|not changed", text, re.IGNORECASE), text
    assert (await user.get("/index")).status == 302


async def test_too_many_at_once(user: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that waits too long for a connection gets 503; once one is free, the next is served."""
    monkeypatch.setattr("quart_app.database.connection_limiter.ACQUIRE_TIMEOUT", 0.01)
    async with AsyncExitStack() as sessions:
        for _ in range(10):
            await sessions.enter_async_context(current_database.of(app).session())
        assert (await user.get("/index")).status == 200  # to know who asks, there is one more
        await sessions.enter_async_context(current_database.of(app)._connections_limiter)
        assert (await user.get("/index")).status == 503
    assert (await user.get("/index")).status == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_file_that_is_no_database(app: Application, tmp_path: Path) -> None:
    """An error that the driver raises itself is a fault of the database, too."""
    await current_database.of(app).close()
    _damage(tmp_path)
    async with app.app_context():
        with pytest.raises(DatabaseUnavailable, match="does not answer"):
            await user_by_login("susan")


def _damage(folder: Path) -> None:
    for file in folder.glob("microblog.sqlite3*"):
        file.write_bytes(b"not a database, and long enough to look like one" * 100)
