"""What a 503 says of the change that was asked for holds, for every operation, at whatever moment the database fails.

``unavailable``: nothing was changed. ``outcome-unknown``: the operation's sentence in OpenAPI tells how to find out.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal, NamedTuple
from unittest import mock
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, delete, event, select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.accounts.passwords import PasswordHasher, PasswordsBusy
from quart_app.application import Application
from quart_app.database import Base, current_database
from quart_app.factory import create_app
from quart_app.models.failed_attempts import FailedAttempts
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from quart_app.settings import Settings
from tests.app.logged_in import add_new_user
from tests.app.mailbox import queued, sent_mail
from tests.app.program import Answer, Program
from tests.app.visitor import PASSWORD, Visitor
from tests.docs.pages import DOCS

NEW = "four words of another kind"
MOMENTS = 40  # more than an operation has
_numbers = count()


@dataclass
class Logins:
    """The logins of a user: here and elsewhere, by cookies. What only some operations need is empty at first.

    Attributes:
        by_token: a login by a token.
        confirmation: the token of a link that confirms the address.
        reset: the token of a link that sets a new password.
    """

    name: str
    here: Program
    elsewhere: Program
    elsewhere_id: str
    by_token: Program
    confirmation: str = ""
    reset: str = ""

    async def log_in(self, name: str, password: str = PASSWORD) -> int:
        """The status of one more login."""
        return (await Program(self.here.app).log_in(username=name, password=password)).status


class Operation(NamedTuple):
    """An operation that changes something.

    Attributes:
        name: its name in OpenAPI.
        send: sends the request.
        settle: does what OpenAPI says after ``outcome-unknown``, and checks that this tells whether it was done.
        prepare: gets what only this operation needs.
    """

    name: str
    send: Callable[[Logins], Awaitable[Answer]]
    settle: Callable[[Logins, bool], Awaitable[None]]
    prepare: Callable[[Logins], Awaitable[None]] | None = None


async def _get_token(logins: Logins) -> None:
    answer = await Program(logins.here.app).log_in(username=logins.name, kind="bearer")
    logins.by_token.token = answer.json["token"]


async def _get_confirmation(logins: Logins) -> None:
    assert (await _send_confirmation(logins)).status == 202
    logins.confirmation = (await sent_mail(logins.here.app, MailKind.CONFIRM_ADDRESS)).token


async def _get_reset(logins: Logins) -> None:
    assert (await _ask_for_reset(logins)).status == 202
    logins.reset = (await sent_mail(logins.here.app, MailKind.SET_PASSWORD)).token


async def _get_all(logins: Logins) -> None:
    for prepare in (_get_token, _get_confirmation, _get_reset):
        await prepare(logins)
    assert await logins.log_in(logins.name) == 201


async def _register(logins: Logins) -> Answer:
    return await Program(logins.here.app).register(username=f"x{logins.name}", email=f"x{logins.name}@example.com")


async def _log_in_as_registered(logins: Logins, is_done: bool) -> None:
    assert (await logins.log_in(f"x{logins.name}") == 201) is is_done


async def _log_in(logins: Logins) -> Answer:
    return await logins.elsewhere.log_in(username=logins.name)


async def _log_in_again(logins: Logins, _is_done: bool) -> None:
    assert (await _log_in(logins)).status == 201
    assert await logins.elsewhere.is_in()


async def _change_password(logins: Logins) -> Answer:
    return await logins.here.send("PUT", "/me/password", {"current_password": PASSWORD, "new_password": NEW})


async def _log_in_by_new_password(logins: Logins, is_done: bool) -> None:
    assert (await logins.log_in(logins.name, NEW) == 201) is is_done
    assert await logins.elsewhere.is_in() is not is_done


async def _change_email(logins: Logins) -> Answer:
    fields = {"current_password": PASSWORD, "email": f"new-{logins.name}@example.com"}
    return await logins.here.send("PUT", "/me/email", fields)


async def _change_email_again(logins: Logins, _is_done: bool) -> None:
    assert (await _change_email(logins)).status == 202
    assert {row.address for row in await queued(logins.here.app)} == {f"new-{logins.name}@example.com"}


async def _send_confirmation(logins: Logins) -> Answer:
    return await logins.here.send("POST", "/me/email-confirmation")


async def _send_confirmation_again(logins: Logins, _is_done: bool) -> None:
    assert (await _send_confirmation(logins)).status == 202
    assert {row.address for row in await queued(logins.here.app)} == {f"{logins.name}@example.com"}


async def _confirm_email(logins: Logins) -> Answer:
    return await Program(logins.here.app).send("POST", "/email-confirmations", {"token": logins.confirmation})


async def _confirm_email_again(logins: Logins, is_done: bool) -> None:
    assert (await _confirm_email(logins)).status == (404 if is_done else 204)


async def _ask_for_reset(logins: Logins) -> Answer:
    email = {"email": f"{logins.name}@example.com"}
    return await Program(logins.here.app).send("POST", "/password-resets", email)


async def _ask_for_reset_again(logins: Logins, is_done: bool) -> None:
    assert (await _ask_for_reset(logins)).status == 202
    assert len(await queued(logins.here.app)) == 1 + is_done


async def _reset_password(logins: Logins) -> Answer:
    fields = {"token": logins.reset, "password": NEW}
    return await Program(logins.here.app).send("POST", "/passwords", fields)


async def _log_in_by_reset_password(logins: Logins, is_done: bool) -> None:
    await _log_in_by_new_password(logins, is_done)
    assert (await _reset_password(logins)).status == (404 if is_done else 204)


async def _delete_account(logins: Logins) -> Answer:
    return await logins.here.send("DELETE", "/me", {"current_password": PASSWORD})


async def _delete_account_again(logins: Logins, _is_done: bool) -> None:
    # Other logins may have ended without it.
    assert (await _delete_account(logins)).status in (204, 401)
    assert (await _delete_account(logins)).status == 401
    assert await logins.log_in(logins.name) == 401


async def _end_others(logins: Logins) -> Answer:
    return await logins.here.send("DELETE", "/sessions")


async def _end_others_again(logins: Logins, _is_done: bool) -> None:
    assert (await _end_others(logins)).status == 204
    assert not await logins.elsewhere.is_in()


async def _log_out(logins: Logins) -> Answer:
    return await logins.here.send("DELETE", "/sessions/current")


async def _log_out_again(logins: Logins, is_done: bool) -> None:
    assert (await _log_out(logins)).status == (401 if is_done else 204)


async def _end_one(logins: Logins) -> Answer:
    return await logins.here.send("DELETE", f"/sessions/{logins.elsewhere_id}")


async def _end_one_again(logins: Logins, is_done: bool) -> None:
    assert (await _end_one(logins)).status == (404 if is_done else 204)


async def _end_this_one(logins: Logins) -> Answer:
    return await logins.elsewhere.send("DELETE", f"/sessions/{logins.elsewhere_id}")


async def _end_this_one_again(logins: Logins, is_done: bool) -> None:
    assert (await _end_this_one(logins)).status == (401 if is_done else 204)


async def _renew(logins: Logins) -> Answer:
    return await logins.by_token.send("POST", "/sessions/current/renewal")


async def _use_the_old_token(logins: Logins, is_done: bool) -> None:
    assert await logins.by_token.is_in() is not is_done


OPERATIONS = [
    Operation("register", _register, _log_in_as_registered),
    Operation("log_in", _log_in, _log_in_again),
    Operation("change_own_password", _change_password, _log_in_by_new_password),
    Operation("change_own_email", _change_email, _change_email_again),
    Operation("set_password_by_link", _reset_password, _log_in_by_reset_password, _get_reset),
    Operation("delete_account", _delete_account, _delete_account_again, _get_all),
    Operation("request_password_reset", _ask_for_reset, _ask_for_reset_again),
    Operation("send_email_confirmation", _send_confirmation, _send_confirmation_again),
    Operation("confirm_email_by_link", _confirm_email, _confirm_email_again, _get_confirmation),
    Operation("end_other_sessions", _end_others, _end_others_again),
    Operation("log_out", _log_out, _log_out_again),
    Operation("end_one_session", _end_one, _end_one_again),
    Operation("end_one_session", _end_this_one, _end_this_one_again),
    Operation("renew_token", _renew, _use_the_old_token, _get_token),
]
TAKE_PASSWORDS = OPERATIONS[:6]
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.send.__name__.strip("_"))


async def log_in_twice(app: Application, operation: Operation) -> Logins:
    """A new user with two logins, and what else the operation needs; no mail is in the queue."""
    name = f"susan{next(_numbers)}"
    await add_new_user(app, name)
    await current_database.of(app).execute(delete(OutgoingMail))
    here, elsewhere = Program(app), Program(app)
    answers = [await program.log_in(username=name) for program in (here, elsewhere)]
    logins = Logins(name, here, elsewhere, answers[-1].json["session"]["id"], Program(app))
    if operation.prepare is not None:
        await operation.prepare(logins)
    return logins


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
