"""The queue and the sender: what is sent, when, how often, and by whom."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, Row, delete, text, update

from quart_app import clock as app_clock
from quart_app.application import Application
from quart_app.database import DatabaseUnavailable, current_database
from quart_app.factory import create_app
from quart_app.mail import queue, serving
from quart_app.mail import sender as sender_module
from quart_app.mail.backoff import ATTEMPTS, delay_after
from quart_app.mail.delivery import DeliveryFailed, MailRefused, MailServerUnavailable
from quart_app.mail.lease import LEASE, Lease
from quart_app.mail.letter import Letter, current_composers
from quart_app.mail.message import Message
from quart_app.mail.queue import current_wake_up, enqueue_in, remove_old_mails, retry_mails
from quart_app.mail.sender import ATTEMPT_TIMEOUT, OUTAGE_PAUSE, POLL, Sender
from quart_app.mail.site import site_url, url_in_mail
from quart_app.models.mail_sender import MailSender
from quart_app.models.outgoing_mail import ERROR_MAX, MailKind, OutgoingMail
from quart_app.models.user import User
from quart_app.operation.metrics import current_metrics
from quart_app.pause import is_set_within
from quart_app.server_stop import current_server_stop
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.mail.post_office import SITE, ListDelivery, PostOffice, add_templates, compose
from tests.serving.server import CONDITION_TIMEOUT

LATER = DeliveryFailed("451 later")
AWAY = MailServerUnavailable("connection refused")


@pytest.fixture(autouse=True)
def clock(clock: Clock, caplog: pytest.LogCaptureFixture) -> Clock:
    """The clock is moved, not waited for; and the log is that of a server."""
    caplog.set_level(logging.INFO, "quart_app")
    return clock


def count(office: PostOffice, event: str) -> float:
    """How often an event was counted."""
    return float(current_metrics.of(office.app).auth_events.labels(event, "")._value.get())


# --- what is sent


async def test_a_mail_is_sent_once(office: PostOffice) -> None:
    """A mail is composed and sent; its row goes, and its token stays."""
    await office.register()
    await office.enqueue("susan")
    assert await office.sender.send_due() == await office.sender.send_due() == POLL

    (message,) = office.to_list.delivered
    (token,) = await office.tokens()
    assert (message.recipient, token in message.content.decode()) == ("susan@example.com", True)
    assert (await office.queue(), office.to_list.is_open, count(office, "mail sent")) == ([], False, 1)


async def test_only_what_is_committed_is_sent(office: PostOffice) -> None:
    """A mail belongs to the transaction that it is added in: a rollback takes it back, and wakes nobody."""
    await office.register()
    wake_up = current_wake_up()
    async with current_database().session() as session:
        enqueue_in(session, MailKind.SET_PASSWORD, "susan@example.com", root_url=SITE)
        await session.flush()
    assert (await office.queue(), wake_up.is_set()) == ([], False)
    await office.enqueue("susan")
    assert wake_up.is_set()


async def test_the_row_has_no_secret(office: PostOffice) -> None:
    """While a mail waits, and after an attempt, the queue has neither its token nor its text."""
    await office.register()
    office.to_list.errors = [LATER]
    await office.enqueue("susan")
    await office.sender.send_due()
    (token,) = await office.tokens()
    async with current_database().session() as session:
        (row,) = (await session.execute(text("SELECT * FROM outgoing_mails"))).all()
    assert token not in str(row)


async def test_nothing_to_say(office: PostOffice) -> None:
    """Without a letter nothing is sent, the row goes, and nothing is counted as sent; the others go on."""
    await office.register()
    await office.enqueue("nobody", "susan")
    await office.sender.send_due()
    assert [message.recipient for message in office.to_list.delivered] == ["susan@example.com"]
    assert (await office.queue(), count(office, "mail sent")) == ([], 1)


async def test_a_deleted_user_gets_no_mail(office: PostOffice) -> None:
    """With a user, the mails about the user are deleted."""
    user_id = await office.register()
    await office.enqueue("susan", user_id=user_id)
    async with current_database().session() as session:
        await session.execute(delete(User))
        await session.commit()
    await office.sender.send_due()
    assert (await office.queue(), office.to_list.delivered) == ([], [])


async def test_in_the_order_of_their_time(office: PostOffice, clock: Clock) -> None:
    """Of many mails the one that is due first is sent first, over one connection."""
    names = [f"user{number}" for number in range(3)]
    for name in names:
        await office.register(name)
    async with current_database().session() as session:
        for seconds, name in reversed(list(enumerate(names))):  # so their ids have the opposite order
            delay = timedelta(seconds=seconds)
            enqueue_in(session, MailKind.SET_PASSWORD, f"{name}@example.com", root_url=SITE, delay=delay)
            await session.flush()
        await session.commit()
    clock.shift(timedelta(seconds=3))
    await office.sender.send_due()
    assert [message.recipient.partition("@")[0] for message in office.to_list.delivered] == names


async def test_a_delayed_mail(office: PostOffice, clock: Clock) -> None:
    """A mail that is added with a delay is sent when that is over, and holds up no other."""
    await office.register()
    async with current_database().session() as session:
        enqueue_in(session, MailKind.SET_PASSWORD, "susan@example.com", root_url=SITE, delay=timedelta(seconds=1.5))
        await session.commit()
    assert await office.sender.send_due() == pytest.approx(1.5)
    await office.enqueue("susan")
    await office.sender.send_due()
    assert len(office.to_list.delivered) == 1
    clock.shift(timedelta(seconds=1.5))
    await office.sender.send_due()
    assert len(office.to_list.delivered) == 2


# --- what fails


async def test_temporary_failures(office: PostOffice, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """A mail that is not accepted waits longer each time; each attempt has a new token, and earlier ones stay valid."""
    await office.register()
    await office.enqueue("susan")
    for attempts in range(1, 4):
        office.to_list.errors = [DeliveryFailed("451 <SUSAN@example.com> has to wait")]
        before = app_clock.now()
        await office.sender.send_due()
        (mail,) = await office.queue()
        assert mail.next_attempt_at is not None
        seconds = (mail.next_attempt_at - before).total_seconds()
        assert 8 * 2 ** (attempts - 1) <= seconds <= 12 * 2 ** (attempts - 1)
        assert (mail.attempts, mail.last_error) == (attempts, "451 <<the address>> has to wait")

        clock.shift(timedelta(seconds=seconds - 0.5))
        assert await office.sender.send_due() == pytest.approx(0.5)  # not before its time
        clock.shift(timedelta(seconds=1))
    await office.sender.send_due()

    assert len(office.to_list.delivered) == 1
    tokens = await office.tokens()
    assert len(tokens) == 4
    assert tokens[-1] in office.to_list.delivered[0].content.decode()
    assert count(office, "mail failed") == 3
    assert "susan" not in caplog.text.lower()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_final_failures(office: PostOffice, clock: Clock) -> None:
    """A refused mail is given up at once: it stays in the queue, is not tried, and can be sent by an operator."""
    await office.register()
    await office.enqueue("susan")
    office.to_list.errors = [MailRefused("550 no such user" + " x" * 500)]
    await office.sender.send_due()
    (mail,) = await office.queue()
    assert (mail.next_attempt_at, mail.attempts, len(mail.last_error or "")) == (None, 1, ERROR_MAX)
    assert (count(office, "mail given up"), count(office, "mail failed")) == (1, 0)

    clock.shift(timedelta(days=1))
    await office.sender.send_due()
    assert office.to_list.delivered == []
    assert await retry_mails([mail.id]) == 1
    await office.sender.send_due()
    assert (len(office.to_list.delivered), await office.queue()) == (1, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_mail_servers_repeat(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that repeats the link or the addresses in its answer puts neither into the log nor into the queue."""
    await office.register()

    async def refuse(message: Message) -> None:
        (link,) = (word for word in message.content.decode().split() if "token=" in word)
        middle = link.index("token=") + len("token=") + 21
        raise MailRefused(
            f"550 {link} {link[:middle]} {link[middle:]} of <no-reply@example.com> for SUSAN@xn--m-1ga.com"
        )

    monkeypatch.setattr(office.to_list, "deliver", refuse)
    await office.enqueue("susan")
    await office.sender.send_due()
    ((mail,), (token,)) = await office.queue(), await office.tokens()
    shown = f"{mail.last_error} {caplog.text}"
    assert "550 https://example.com/?token=" in (mail.last_error or "")
    assert token not in shown
    assert not {token[:21], token[21:]} <= set(re.findall(r"[\w-]+", shown))
    assert "susan" not in shown.lower()


def test_two_days() -> None:
    """The attempts of a mail take about two days, are up to an hour apart, and then end."""
    for chance in (0.0, 0.5, 1.0):
        delays = [delay for n in range(1, ATTEMPTS) if (delay := delay_after(n, chance)) is not None]
        assert len(delays) == ATTEMPTS - 1
        assert all(timedelta(seconds=8) <= delay <= timedelta(hours=1.2) for delay in delays)
        assert timedelta(hours=37) < sum(delays, timedelta()) < timedelta(hours=59)
        assert delay_after(ATTEMPTS, chance) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_after_many_attempts(office: PostOffice) -> None:
    """The last attempt gives a mail up, also while the mail server is unavailable."""
    await office.register()
    for error in (LATER, AWAY):
        await office.enqueue("susan")
        async with current_database().session() as session:
            query = update(OutgoingMail).where(OutgoingMail.next_attempt_at.is_not(None)).values(attempts=ATTEMPTS - 1)
            await session.execute(query)
            await session.commit()
        office.to_list.errors = [error]
        await office.sender.send_due()
    assert [mail.next_attempt_at for mail in await office.queue()] == [None, None]
    assert count(office, "mail given up") == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_old_mails_are_removed(office: PostOffice, clock: Clock) -> None:
    """A mail that was given up is kept for thirty days; one that waits is kept."""
    await office.register()
    await office.enqueue("susan", "susan")
    office.to_list.errors = [MailRefused("550 no"), LATER]
    await office.sender.send_due()
    clock.shift(timedelta(days=30) - timedelta(seconds=1))
    assert await remove_old_mails() == 0
    clock.shift(timedelta(seconds=2))
    assert await remove_old_mails() == 1
    assert [mail.last_error for mail in await office.queue()] == ["451 later"]


async def test_in_batches(office: PostOffice, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many mails are in the queue, no statement of ``retry_mails`` or ``remove_old_mails`` is about all."""
    await office.enqueue(*["susan"] * 5)
    monkeypatch.setattr(queue, "_BATCH", 2)
    monkeypatch.setattr(queue, "_PAUSE", 0)
    execute, sizes = current_database().execute, []

    async def count_rows(statement: Executable) -> Sequence[Row[*tuple[Any, ...]]]:
        rows = await execute(statement)
        sizes.append(len(rows))
        return rows

    monkeypatch.setattr(current_database(), "execute", count_rows)
    assert (await retry_mails(None), max(sizes)) == (5, 2)

    await execute(update(OutgoingMail).values(next_attempt_at=None))
    clock.shift(timedelta(days=31))
    stop = asyncio.Event()
    stop.set()
    assert await remove_old_mails(stop) == 0
    assert (await remove_old_mails(), max(sizes)) == (5, 2)
    assert await office.queue() == []


async def test_an_outage(office: PostOffice, caplog: pytest.LogCaptureFixture) -> None:
    """While no mail can be sent at all, one is tried at a time, and one line is logged; afterwards all are sent."""
    await office.register()
    await office.enqueue("susan", "susan", "susan")
    office.to_list.errors = [AWAY, AWAY]
    assert await office.sender.send_due() == await office.sender.send_due() == OUTAGE_PAUSE
    assert (office.sender.is_server_unavailable, office.to_list.is_open) == (True, False)
    assert sorted(mail.attempts for mail in await office.queue()) == [0, 1, 1]
    assert [record.levelname for record in caplog.records if record.levelno >= logging.WARNING] == ["ERROR"]
    assert count(office, "mail failed") == 2

    await retry_mails(None)
    await office.sender.send_due()
    assert (len(office.to_list.delivered), await office.queue()) == (3, [])
    assert not office.sender.is_server_unavailable
    assert "can be sent again" in caplog.text


async def test_an_outage_of_one_host(office: PostOffice, caplog: pytest.LogCaptureFixture) -> None:
    """A worker that cannot reach the mail server leaves the mails to others at once, and logs its next outage, too."""
    await office.register()
    await office.enqueue("susan", "susan")
    office.to_list.errors = [AWAY]
    assert await office.sender.send_due() == OUTAGE_PAUSE
    to_other = ListDelivery()
    other = office.sender_to(to_other)
    await other.send_due()
    assert len(to_other.delivered) == 1
    await retry_mails(None)
    await other.send_due()
    assert (len(to_other.delivered), await office.queue()) == (2, [])

    await office.sender.send_due()
    assert not office.sender.is_server_unavailable
    assert "No mail waits any more" in caplog.text
    await office.enqueue("susan")
    office.to_list.errors = [AWAY]
    await office.sender.send_due()
    assert [record.levelname for record in caplog.records].count("ERROR") == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_mail_that_cannot_be_composed(office: PostOffice, caplog: pytest.LogCaptureFixture) -> None:
    """An error in a composer, a kind without one, and a kind of a newer release hold up no other mail."""
    await office.register()
    await office.enqueue("susan", "susan", "susan", "susan")
    async with current_database().session() as session:
        for number, kind in ((1, "password-changed"), (2, "of-a-newer-release"), (3, "confirm-address")):
            await session.execute(text(f"UPDATE outgoing_mails SET kind = '{kind}' WHERE id = {number}"))  # noqa: S608
        await session.commit()

    async def fail(*_: object) -> Letter:
        raise ValueError("the token is secret")

    office.composers[MailKind.CONFIRM_ADDRESS] = fail
    await office.sender.send_due()
    assert len(office.to_list.delivered) == 1
    query = text("SELECT attempts, last_error FROM outgoing_mails ORDER BY id")
    async with current_database().session() as session:
        rows = [tuple(row) for row in (await session.execute(query)).all()]
    assert rows == [(1, "It cannot be composed or sent; the log has the error.")] * 3
    assert sum(record.exc_info is not None for record in caplog.records) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_slow_mail_server(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt has a limit, which is shorter than the lease, and is a temporary failure then."""
    assert timedelta(seconds=ATTEMPT_TIMEOUT) < LEASE
    monkeypatch.setattr(sender_module, "ATTEMPT_TIMEOUT", 0.01)
    await office.register()
    await office.enqueue("susan")

    async def hang(_message: Message) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(office.to_list, "deliver", hang)
    await office.sender.send_due()
    (mail,) = await office.queue()
    assert (mail.attempts, mail.last_error) == (1, "The mail server did not answer within 0 s.")


async def test_the_database_fails_after_a_mail_was_sent(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the row of a sent mail cannot be deleted, this worker deletes it later, and does not send it again."""
    await office.register()
    await office.enqueue("susan")
    database, errors = current_database(), [DatabaseUnavailable()]
    execute = database.execute

    async def fail(statement: object) -> object:
        if getattr(statement, "is_delete", False) and errors:
            raise errors.pop()
        return await execute(statement)  # type: ignore[arg-type] # as it was given

    monkeypatch.setattr(database, "execute", fail)
    with pytest.raises(DatabaseUnavailable):
        await office.sender.send_due()
    assert len(await office.queue()) == 1
    await office.sender.send_due()
    assert (len(office.to_list.delivered), await office.queue()) == (1, [])


# --- who sends


async def test_one_sender_at_a_time(office: PostOffice, clock: Clock) -> None:
    """While one worker sends, no other does; when it is silent for longer than its lease, another takes over."""
    await office.register()
    await office.enqueue("susan", "susan")
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(ListDelivery):
        async def deliver(self, message: Message) -> None:
            begun.set()
            await go_on.wait()
            await super().deliver(message)

    frozen, to_other = Slow(), ListDelivery()
    other = office.sender_to(to_other)
    sending = asyncio.create_task(office.sender_to(frozen).send_due())
    await begun.wait()
    clock.shift(LEASE - timedelta(seconds=1))
    await other.send_due()
    assert to_other.delivered == []

    clock.shift(timedelta(seconds=1))
    await other.send_due()
    assert len(to_other.delivered) == 2

    go_on.set()  # the first worker goes on with the mail that it had begun, and begins no other
    await sending
    assert (len(frozen.delivered), await office.queue()) == (1, [])


async def test_a_clock_that_was_ahead(office: PostOffice, clock: Clock) -> None:
    """A clock that was a day ahead holds up neither the mails that it dated nor, by its lease, other workers."""
    await office.register()
    clock.shift(timedelta(days=1))
    await office.enqueue("susan")
    office.to_list.errors = [LATER]
    await office.sender.send_due()
    assert await Lease(current_database()).take()
    clock.shift(-timedelta(days=1))
    await office.sender_to(office.to_list).send_due()
    assert (len(office.to_list.delivered), await office.queue()) == (1, [])


async def test_many_workers(office: PostOffice, settings: Settings) -> None:
    """Of many workers, of two applications, one sends at a time, and every mail is sent once."""
    await office.register()
    await office.enqueue(*["susan"] * 12)
    other = create_app(settings)
    add_templates(other)
    sending, most = 0, 0

    class Counted(ListDelivery):
        async def deliver(self, message: Message) -> None:
            nonlocal sending, most
            sending += 1
            most = max(most, sending)
            await asyncio.sleep(0.001)
            await super().deliver(message)
            sending -= 1

    deliveries = [Counted() for _ in range(6)]
    senders = [office.sender_to(delivery) for delivery in deliveries[:3]]
    office.app = other
    senders += [office.sender_to(delivery) for delivery in deliveries[3:]]

    async def work(sender: Sender) -> None:
        for _ in range(3):
            await sender.send_due()

    await asyncio.gather(*map(work, senders))
    delivered = [message.message_id for delivery in deliveries for message in delivery.delivered]
    assert (len(delivered), len(set(delivered)), most) == (12, 12, 1)
    await current_database.of(other).close()


async def test_the_lease_is_returned(office: PostOffice) -> None:
    """A worker that has sent everything lets the next one send at once, and a stopping one sends no further mail."""
    await office.register()
    for sender in (office.sender, office.sender_to(office.to_list)):
        await office.enqueue("susan")
        await sender.send_due()
    assert len(office.to_list.delivered) == 2
    async with current_database().session() as session:
        assert await session.get(MailSender, 1) is None
    await office.enqueue("susan")
    office.sender.stop()
    await office.sender.send_due()
    assert len(office.to_list.delivered) == 2


# --- beside a server


@pytest.fixture
async def server(settings: Settings, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Application]:
    """A server that sends mails to its folder, as it says at its start."""
    app = create_app(settings.model_copy(update={"send_mails": True}))
    add_templates(app)
    current_composers.of(app)[MailKind.SET_PASSWORD] = compose
    async with app.test_app():
        assert "No mail is sent: each is written to a file" in caplog.text
        yield app


async def until_sent(office: PostOffice) -> None:
    """Wait until the queue is empty."""
    async with asyncio.timeout(CONDITION_TIMEOUT):
        while await office.queue():  # noqa: ASYNC110 - it is the database that is waited for
            await asyncio.sleep(0.01)


async def test_a_server_sends(server: Application, caplog: pytest.LogCaptureFixture) -> None:
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
    server: Application, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
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
    levels = [record.levelname for record in caplog.records if record.name == "quart_app.mail"]
    assert levels == ["WARNING", "ERROR"]


# --- links


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_links(app: Application, settings: Settings) -> None:
    """Links begin with PUBLIC_URL, whatever the request says; without it with the address that the request came to."""
    async with app.test_request_context("/login", root_path="/blog", headers={"Host": "other.test"}):
        assert site_url() == "http://other.test/blog/"
        assert url_in_mail(site_url(), "accounts.login", token="a b") == "http://other.test/blog/login?token=a+b"
    public = create_app(settings.model_copy(update={"public_url": "https://example.com/blog/"}))
    async with public.test_request_context("/login", headers={"Host": "other.test"}):
        assert site_url() == "https://example.com/blog/"
        assert url_in_mail(site_url(), "accounts.login") == "https://example.com/blog/login"
    async with app.app_context():
        assert site_url() == "http://localhost:8000/"
