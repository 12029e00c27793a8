"""What is done with many mails in the queue at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, Row, update

from quart_app.database import batches, current_database
from quart_app.mail import queue
from quart_app.mail.delivery import MailRefused
from quart_app.mail.queue import remove_old_mails, retry_mails
from quart_app.models.outgoing_mail import OutgoingMail
from tests.app.conftest import Clock
from tests.mail.post_office import LATER, PostOffice


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
    for module in (batches, queue):
        monkeypatch.setattr(module, "_BATCH", 2)
        monkeypatch.setattr(module, "_PAUSE", 0)
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
