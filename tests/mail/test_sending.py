"""What is sent, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from quart_app.database import current_database
from quart_app.mail import sender as sender_module
from quart_app.mail.message import Message
from quart_app.mail.queue import current_wake_up, enqueue_in
from quart_app.mail.sender import POLL
from quart_app.models.outgoing_mail import MailKind
from quart_app.models.user import User
from quart_app.operation.metrics import current_metrics
from tests.app.conftest import Clock
from tests.mail.post_office import LATER, SITE, PostOffice


async def test_a_mail_is_sent_once(office: PostOffice) -> None:
    """A mail is composed and sent; its row goes, and its token stays."""
    await office.register()
    await office.enqueue("susan")
    assert await office.sender.send_due() == await office.sender.send_due() == POLL

    (message,) = office.to_list.delivered
    (token,) = await office.tokens()
    assert (message.recipient, token in message.content.decode()) == ("susan@example.com", True)
    assert (await office.queue(), office.to_list.is_open, office.counted("mail sent")) == ([], False, 1)


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
    assert (await office.queue(), office.counted("mail sent")) == ([], 1)


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


async def test_the_gauge_goes_down(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """While many mails are sent, the gauge of those that wait is brought up to date at intervals."""
    monkeypatch.setattr(sender_module, "POLL", 0.0)
    await office.register()
    await office.enqueue("susan", "susan", "susan")
    waiting: list[float] = []

    async def look(_message: Message) -> None:
        waiting.append(current_metrics().mails_waiting._value.get())

    monkeypatch.setattr(office.to_list, "deliver", look)
    await office.sender.send_due()
    assert waiting == [3, 2, 1]
