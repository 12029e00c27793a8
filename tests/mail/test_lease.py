"""Who sends: one worker at a time, of all workers of all hosts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.mail.lease import LEASE, Lease
from quart_app.mail.message import Message
from quart_app.mail.sender import Sender
from quart_app.models.mail_sender import MailSender
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.mail.post_office import LATER, ListDelivery, PostOffice, add_templates


async def test_one_sender_at_a_time(office: PostOffice) -> None:
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
    await office.age_lease(LEASE / 2)
    await other.send_due()
    assert to_other.delivered == []

    await office.age_lease(LEASE / 2)
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
    clock.shift(-timedelta(days=1))
    assert await Lease(current_database()).take()
    await office.age_lease(-timedelta(days=1))
    await office.sender.send_due()
    assert (len(office.to_list.delivered), await office.queue()) == (1, [])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_clocks_of_hosts_differ(office: PostOffice, clock: Clock) -> None:
    """However wrong the clock of one host is: while a worker of another host has the lease, it does not get it."""
    lease, other = Lease(current_database()), Lease(current_database())
    assert await lease.take()
    for hours in (1, -2):
        clock.shift(timedelta(hours=hours))
        assert not await other.take()
        assert await lease.take()
    await lease.release()
    assert await other.take()


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
