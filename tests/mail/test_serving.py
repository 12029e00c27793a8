"""The sender beside a server: when it looks into the queue, and how it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, current_database
from quart_app.factory import create_app
from quart_app.mail import sender as sender_module
from quart_app.mail import serving
from quart_app.mail.letter import current_composers
from quart_app.mail.message import Message
from quart_app.mail.queue import current_wake_up
from quart_app.mail.sender import POLL
from quart_app.models.outgoing_mail import MailKind
from quart_app.pause import is_set_within
from quart_app.server_stop import current_server_stop
from quart_app.settings import Settings
from tests.mail.post_office import ListDelivery, PostOffice, add_templates, compose
from tests.serving.server import CONDITION_TIMEOUT

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
async def server(settings: Settings, log: pytest.LogCaptureFixture) -> AsyncIterator[Application]:
    """A server that sends mails to its folder, as it says at its start."""
    app = create_app(settings.model_copy(update={"send_mails": True}))
    add_templates(app)
    current_composers.of(app)[MailKind.SET_PASSWORD] = compose
    async with app.test_app():
        assert "No mail is sent: each is written to a file" in log.text
        yield app


async def until_sent(office: PostOffice) -> None:
    """Wait until the queue is empty."""
    async with asyncio.timeout(CONDITION_TIMEOUT):
        while await office.queue():  # noqa: ASYNC110 - it is the database that is waited for
            await asyncio.sleep(0.01)


async def test_a_server_sends(server: Application, log: pytest.LogCaptureFixture) -> None:
    """A server sends a mail as soon as it is committed; into files that only their owner can read, by default."""
    async with server.app_context():
        office = PostOffice(server)
        await office.register()
        await office.enqueue("susan")
        await until_sent(office)
    folder = server.settings.instance_path
    assert folder is not None
    (file,) = (folder / "mail").iterdir()
    assert (file.suffix, file.stat().st_mode & 0o777) == (".eml", 0o600)
    assert (folder / "mail").stat().st_mode & 0o777 == 0o700
    assert b"To: susan@example.com\r\n" in file.read_bytes()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_server_finds_mails_of_others(
    server: Application, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server looks into the queue at intervals, for the mails of other workers."""
    monkeypatch.setattr(sender_module, "POLL", 0.01)
    await office.register()
    await office.enqueue("susan")
    current_wake_up.of(server).set()  # ends its first pause
    await until_sent(office)
    await office.enqueue("susan")
    await until_sent(office)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_server_stops_with_a_slow_mail_server(
    settings: Settings, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopping server waits for the current mail for some seconds; then it leaves it, and the lease, to others."""
    monkeypatch.setattr(serving, "_STOP_TIMEOUT", 0.05)
    app = create_app(settings.model_copy(update={"send_mails": False}))
    begun = asyncio.Event()

    class Hanging(ListDelivery):
        async def deliver(self, message: Message) -> None:
            begun.set()
            await asyncio.Event().wait()

    serving.send_while_serving(app, office.sender_to(Hanging()))
    await office.register()
    async with app.test_app():
        await office.enqueue("susan")
        current_wake_up.of(app).set()
        await begun.wait()
    await office.sender.send_due()
    assert (len(office.to_list.delivered), await office.queue()) == (1, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_server_stops_at_the_end_of_a_pause(
    settings: Settings, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that begins to stop in the moment in which a pause is over does not look into the queue any more."""
    monkeypatch.setattr(serving, "_STOP_TIMEOUT", 0.05)
    app = create_app(settings.model_copy(update={"send_mails": False}))
    looks = []

    async def look() -> float:
        looks.append(1)
        return POLL

    async def end_and_stop(_seconds: float, _event: asyncio.Event) -> bool:
        monkeypatch.setattr(serving, "is_set_within", is_set_within)
        current_server_stop.of(app).announce()
        return False

    monkeypatch.setattr(office.sender, "send_due", look)
    monkeypatch.setattr(serving, "is_set_within", end_and_stop)
    serving.send_while_serving(app, office.sender)
    async with app.test_app():
        pass
    assert looks == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_server_whose_database_is_away(
    server: Application, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    """Without the database a server logs one line, tries again, and sends when it is back; so it does after a bug."""
    monkeypatch.setattr(serving, "OUTAGE_PAUSE", 0.001)
    errors = [DatabaseUnavailable(), DatabaseUnavailable(), ValueError("a bug")]
    database = current_database.of(server)
    execute = database.execute

    async def fail(statement: object) -> object:
        if errors:
            raise errors.pop(0)
        return await execute(statement)  # type: ignore[arg-type] # as it was given

    async with server.app_context():
        office = PostOffice(server)
        await office.register()
        monkeypatch.setattr(database, "execute", fail)
        await office.enqueue("susan")
        await until_sent(office)
    levels = [record.levelname for record in log.records if record.name == "quart_app.mail"]
    assert levels == ["WARNING", "ERROR"]
