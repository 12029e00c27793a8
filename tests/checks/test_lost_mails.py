"""No mail is lost: whenever its worker is killed, and whatever the mail server does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from quart_app.application import Application
from quart_app.mail.lease import LEASE
from quart_app.mail.queue import retry_mails
from quart_app.mail.smtp import SmtpDelivery
from quart_app.mail_url import MailServer as Address
from quart_app.mail_url import read_mail_url
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.checks.tally import Tally
from tests.mail.conftest import mail_server as mail_server
from tests.mail.conftest import mail_server_process as mail_server_process
from tests.mail.mail_server import MailServer
from tests.mail.post_office import ListDelivery, PostOffice
from tests.mail.worker import killed_worker
from tests.serving.server import wait_until


@pytest.fixture
async def office(app: Application, clock: Clock) -> AsyncIterator[PostOffice]:
    """A worker of another host, at the same database, with a clock that moves only when the test moves it."""
    clock.now = real_time()
    async with app.app_context():
        yield PostOffice(app)


def real_time() -> float:
    """The time of the worker that is killed, which is another process."""
    return time.clock_gettime(time.CLOCK_REALTIME)


def delivery_to(server: MailServer) -> SmtpDelivery:
    """The delivery of a worker."""
    address = read_mail_url(server.url())
    assert isinstance(address, Address)
    return SmtpDelivery(address)


MOMENTS = {
    "while the mail is composed": None,
    "when the token is committed": "MAIL",
    "before the message is sent": "DATA",
    "before the message is accepted": "ACCEPT",
    "before the answer that it is accepted": "ACCEPTED",
}
"""What the mail server does not answer when the worker is killed."""


@pytest.mark.check(42)
async def test_killed_while_sending(
    office: PostOffice, settings: Settings, mail_server: MailServer, clock: Clock, tmp_path: Path, tally: Tally
) -> None:
    """Killed at each moment: another worker sends the mail when the lease is over, and not before."""
    worker_settings = {
        "instance_path": tmp_path / "killed",
        "database_url": settings.database_url,
        "metrics_folder": tmp_path / "metrics",
        "mail_url": mail_server.url(),
        "mail_from": "no-reply@example.com",
    }
    other = delivery_to(mail_server)
    await office.register()
    for number, (moment, step) in enumerate(MOMENTS.items()):
        mail_server.reset()
        if step is not None:
            mail_server.fail(**{step: "hang"})
        clock.now = real_time()
        await office.enqueue("susan")
        composing = tmp_path / str(number) if step is None else None
        with killed_worker(worker_settings, composing=composing):
            if step is None:
                await asyncio.to_thread(wait_until, (tmp_path / str(number)).exists)
            else:
                await asyncio.to_thread(mail_server.wait_for, step)
        (mail,) = await office.queue()
        mail_server.fail()
        taken_too_early = ListDelivery()
        await office.sender_to(taken_too_early).send_due()
        tally.count(taken_too_early.delivered == [], f"{moment}: the lease was ignored")

        await office.age_lease(LEASE)
        clock.now = real_time()
        await office.sender_to(other).send_due()
        tally.count(await office.queue() == [], f"{moment}: it was not sent")
        received = mail_server.received
        tally.count(len(received) == 1 + (step == "ACCEPTED"), f"{moment}: it arrived {len(received)} times")
        ids = {str(each.message["Message-ID"]) for each in received}
        tally.count(ids == {f"<{mail.message_id.hex}@example.com>"}, f"{moment}: {ids}")
        tokens = await office.tokens()
        usable = all(any(token in each.text for token in tokens) for each in received)
        tally.count(usable, f"{moment}: a mail arrived without a valid token")


STEPS = ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "ACCEPT", "ACCEPTED")


@pytest.mark.check(42)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_mail_servers_with_faults(
    office: PostOffice, mail_server: MailServer, clock: Clock, tally: Tally
) -> None:
    """With each fault at each step a mail stays in the queue, and is sent when the fault is over."""
    sender = office.sender_to(delivery_to(mail_server))
    await office.register()
    for step in STEPS:
        for fault in ("drop",) if step == "ACCEPTED" else ("451 later", "550 no", "550 5.1.1 no", "drop"):
            mail_server.reset()
            mail_server.fail(**{step: fault})
            await office.enqueue("susan")
            await sender.send_due()
            tally.count(len(await office.queue()) == 1, f"{step}, {fault}: it has gone")
            mail_server.fail()
            if fault == "550 5.1.1 no" and step in ("RCPT", "DATA", "ACCEPT"):  # given up, and sent by an operator
                await retry_mails(None)
            clock.shift(timedelta(seconds=13))
            await sender.send_due()
            tally.count(await office.queue() == [], f"{step}, {fault}: it was not sent")
            arrived = len(mail_server.received)
            tally.count(arrived == 1 + (step == "ACCEPTED"), f"{step}, {fault}: it arrived {arrived} times")
