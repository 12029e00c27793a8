"""What a 503 says of the change that was asked for holds, for every operation, at whatever moment the database fails.

``unavailable``: nothing was changed. ``outcome-unknown``: the operation's sentence in OpenAPI tells how to find out.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Literal
from unittest import mock
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, event, select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.accounts.passwords import PasswordHasher, PasswordsBusy
from quart_app.application import Application
from quart_app.database import Base, current_database
from quart_app.factory import create_app
from quart_app.models.failed_attempts import FailedAttempts
from quart_app.settings import Settings
from tests.app.operations import OPERATIONS, TAKE_PASSWORDS, Logins, Operation, log_in_twice
from tests.app.program import Answer, Program
from tests.app.visitor import PASSWORD, Visitor
from tests.docs.pages import DOCS

MOMENTS = 40  # more than an operation has
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.send.__name__.strip("_"))


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the failures are simulated; one test cuts a real connection to PostgreSQL."""
    return migrated_sqlite_url


async def rows(app: Application) -> list[tuple[object, ...]]:
    """All rows but the counts of failed attempts, which no client asks to change."""
    tables = [table for table in Base.metadata.sorted_tables if table is not FailedAttempts.__table__]
    async with app.app_context(), current_database.of(app).session() as session:
        return [tuple(row) for table in tables for row in await session.execute(select(table))]


# --- moments at which something fails


@contextmanager
def database_stops_at_statement(number: int) -> Iterator[None]:
    """From this statement on, no statement reaches the database."""
    numbers = count(1)

    def stop(*_: object) -> None:
        if next(numbers) >= number:
            raise OSError("connection lost")

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", stop)


@contextmanager
def database_stops_at_commit(number: int, *, is_made: bool) -> Iterator[None]:
    """From this commit on none is answered. The first of them is made, or not; the others are not."""
    numbers, commit = count(1), AsyncSession.commit

    async def stop(session: AsyncSession) -> None:
        now = next(numbers)
        if now < number or (now == number and is_made):
            await commit(session)
        if now >= number:
            raise OSError("connection lost")

    with mock.patch.object(AsyncSession, "commit", stop):
        yield


@contextmanager
def queue_is_full_at_password(number: int) -> Iterator[None]:
    """From this password on the queue for hashing is full."""
    numbers, run = count(1), PasswordHasher._in_thread

    async def refuse(hasher: PasswordHasher, *args: Any) -> Any:
        if next(numbers) >= number:
            raise PasswordsBusy
        return await run(hasher, *args)

    with mock.patch.object(PasswordHasher, "_in_thread", refuse):
        yield


async def moments(
    app: Application, operation: Operation, fails_at: Callable[[int], Any]
) -> AsyncIterator[tuple[Logins, Answer, bool]]:
    """Send the request of a new user for each moment, until it succeeds: the answer, and whether a row has changed."""
    for number in range(1, MOMENTS):
        logins = await log_in_twice(app, operation)
        before = await rows(app)
        with fails_at(number):
            answer = await operation.send(logins)
        if answer.status < 300:
            assert number > 1
            return
        assert (answer.status, answer.cookies) == (503, {})
        assert int(answer.headers["Retry-After"]) > 0
        yield logins, answer, before != await rows(app)
    pytest.fail("The operation never succeeded.")


# --- what holds


@pytest.mark.fuzz  # every moment of every operation takes its time
@every_operation
async def test_before_the_commit(app: Application, operation: Operation) -> None:
    """Whichever statement does not reach the database: nothing was changed, the answer says so, and again it works."""
    async for logins, answer, is_changed in moments(app, operation, database_stops_at_statement):
        assert (answer.problem, is_changed) == ("unavailable", False)
        assert (await operation.send(logins)).status < 300


@pytest.mark.parametrize(
    ("operation", "is_made"),
    [
        # `make test` tries both with every operation that takes a password.
        pytest.param(one, is_made, marks=() if is_made or one in TAKE_PASSWORDS else pytest.mark.fuzz)
        for is_made in (True, False)
        for one in OPERATIONS
    ],
    ids=lambda value: value.send.__name__.strip("_") if isinstance(value, Operation) else str(value),
)
async def test_at_the_commit(app: Application, operation: Operation, is_made: bool) -> None:
    """If the answer to a commit is lost, the API says that it cannot know, and its sentence tells how to find out."""

    def fails_at(number: int) -> Any:
        return database_stops_at_commit(number, is_made=is_made)

    async for logins, answer, is_changed in moments(app, operation, fails_at):
        assert (answer.problem, is_changed) == ("outcome-unknown", is_made)
        assert not re.search("nothing|not changed", answer.text, re.IGNORECASE)
        await operation.settle(logins, is_made)


@pytest.mark.parametrize("operation", TAKE_PASSWORDS, ids=lambda one: one.name)
async def test_the_queue_is_full(app: Application, operation: Operation) -> None:
    """Whichever password of the request finds the queue full: nothing was changed, and the answer says so."""
    async for logins, answer, is_changed in moments(app, operation, queue_is_full_at_password):
        assert (answer.problem, is_changed) == ("passwords-busy", False)
        assert (await operation.send(logins)).status < 300


@pytest.mark.fuzz
async def test_an_account_with_many_logins(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deletion in batches claims that nothing was changed only before the first, and goes on at the next attempt."""
    for module in ("accounts.closing", "sessions.ending"):
        monkeypatch.setattr(f"quart_app.{module}.ROWS_PER_STATEMENT", 1)
    deletion = next(operation for operation in OPERATIONS if operation.name == "delete_account")
    said = set()
    async for logins, answer, is_changed in moments(app, deletion, database_stops_at_statement):
        assert (answer.problem == "outcome-unknown") is is_changed
        said.add(answer.problem)
        assert (await deletion.send(logins)).status == 204
        await deletion.settle(logins, True)
    assert said == {"unavailable", "outcome-unknown"}


class Relay:
    """A relay to PostgreSQL that can cut a connection at COMMIT.

    Attributes:
        cuts: before the server gets COMMIT, before its answer arrives, or not at all.
    """

    cuts: Literal["commit", "answer"] | None = None

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection of the application."""
        self._connections.add(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        """End all connections."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)

        async def answer() -> None:
            while data := await from_server.read(65536):
                writer.write(data)
            writer.close()

        answering = asyncio.create_task(answer())
        try:
            while data := await reader.read(65536):
                if b"COMMIT;" in data and self.cuts is not None:
                    answering.cancel()
                    await asyncio.wait({answering})
                    if self.cuts == "answer":
                        to_server.write(data)
                        assert await from_server.read(65536)  # the server answers when it has committed
                    break
                to_server.write(data)
        finally:
            answering.cancel()
            for stream in (to_server, writer):
                stream.close()
                with suppress(OSError):
                    await stream.wait_closed()


@pytest.mark.parametrize("cuts", ["commit", "answer"])
async def test_a_connection_that_ends_at_the_commit(
    tmp_path: Path, migrated_postgresql_url: str, cuts: Literal["commit", "answer"]
) -> None:
    """The connection to PostgreSQL ends before COMMIT arrives, or after it was made: the same answer."""
    there = urlsplit(migrated_postgresql_url)
    assert there.port is not None
    relay = Relay(there.port)
    listening = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    app = create_app(
        Settings(
            instance_path=tmp_path,
            database_url=SecretStr(there._replace(netloc=f"postgres@127.0.0.1:{port}").geturl()),
            password_method="pbkdf2:sha256:1",
            address_limits=False,
            send_mails=False,
        )
    )
    async with listening, app.test_app():
        for operation in OPERATIONS:
            logins = await log_in_twice(app, operation)
            before = await rows(app)
            relay.cuts = cuts
            answer = await operation.send(logins)
            relay.cuts = None
            assert (answer.status, answer.problem) == (503, "outcome-unknown"), operation.name
            is_made = await rows(app) != before
            assert is_made is (cuts == "answer"), operation.name
            await operation.settle(logins, is_made)
    await relay.close()


# --- pages


async def test_pages_say_the_same(user: Visitor) -> None:
    """The page says that nothing was changed before the commit, and at the commit that it cannot know."""
    fields = {"csrf_token": (await user.get("/account")).token, "current_password": PASSWORD, "email": "a@example.com"}
    with database_stops_at_statement(1):
        page = await user.post("/account/email", fields)
    assert page.status == 503
    assert "Nothing was changed; try again shortly." in page.text
    for is_made in (False, True):
        with database_stops_at_commit(1, is_made=is_made):
            page = await user.post("/account/email", fields)
        assert page.status == 503
        assert "Look whether it was saved before you try again." in page.text
        assert not re.search("nothing|not changed", page.text, re.IGNORECASE)
        assert ("a@example.com" in (await user.get("/account")).text) is is_made


# --- the description


async def test_every_operation_says_it(app: Application) -> None:
    """OpenAPI says of every operation what a 503 means, docs/json-api.md has the same, and none lacks a test here."""
    document = (await Program(app).send("GET", "/openapi.json")).json
    page = (DOCS / "json-api.md").read_text()
    documented = dict(re.findall(r"^\| `(\w+ /api/v1/\S+)` \| (.+) \|$", page, re.MULTILINE))
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            text = operation["responses"]["503"]["description"]
            start = "Unavailable now; Retry-After tells when to try again. Nothing was changed"
            if method == "get":
                assert text == f"{start}."
                continue
            assert operation["operationId"] in {one.name for one in OPERATIONS}
            advice = text.removeprefix(f"{start}, unless the type is outcome-unknown. Then ")
            assert documented.pop(f"{method.upper()} /api{path}") == advice[0].upper() + advice[1:]
    assert documented == {}
