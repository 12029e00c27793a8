"""One mail that cannot be sent: it is tried again, or given up, and holds up no other."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from quart_app import clock as app_clock
from quart_app.database import DatabaseUnavailable, current_database
from quart_app.mail import sender as sender_module
from quart_app.mail.backoff import ATTEMPTS
from quart_app.mail.delivery import DeliveryFailed, MailRefused
from quart_app.mail.lease import LEASE
from quart_app.mail.letter import Letter
from quart_app.mail.message import Message
from quart_app.mail.queue import retry_mails
from quart_app.mail.sender import ATTEMPT_TIMEOUT
from quart_app.models.outgoing_mail import ERROR_MAX, MailKind, OutgoingMail
from tests.app.conftest import Clock
from tests.mail.post_office import AWAY, LATER, PostOffice


async def test_temporary_failures(office: PostOffice, clock: Clock, log: pytest.LogCaptureFixture) -> None:
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
    assert office.counted("mail failed") == 3
    assert "susan" not in log.text.lower()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_final_failures(office: PostOffice, clock: Clock) -> None:
    """A refused mail is given up at once: it stays in the queue, is not tried, and can be sent by an operator."""
    await office.register()
    await office.enqueue("susan")
    office.to_list.errors = [MailRefused("550 no such user" + " x" * 500)]
    await office.sender.send_due()
    (mail,) = await office.queue()
    assert (mail.next_attempt_at, mail.attempts, len(mail.last_error or "")) == (None, 1, ERROR_MAX)
    assert (office.counted("mail given up"), office.counted("mail failed")) == (1, 0)

    clock.shift(timedelta(days=1))
    await office.sender.send_due()
    assert office.to_list.delivered == []
    assert await retry_mails([mail.id]) == 1
    await office.sender.send_due()
    assert (len(office.to_list.delivered), await office.queue()) == (1, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_mail_servers_repeat(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
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
    shown = f"{mail.last_error} {log.text}"
    assert "550 https://example.com/?token=" in (mail.last_error or "")
    assert token not in shown
    assert not {token[:21], token[21:]} <= set(re.findall(r"[\w-]+", shown))
    assert "susan" not in shown.lower()


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
    assert office.counted("mail given up") == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_mail_that_cannot_be_composed(office: PostOffice, log: pytest.LogCaptureFixture) -> None:
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
    assert sum(record.exc_info is not None for record in log.records) == 3


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
