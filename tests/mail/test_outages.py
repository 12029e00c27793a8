"""A mail server that is unavailable: no mail can be sent, and all wait."""

from __future__ import annotations

import logging

import pytest

from quart_app.mail.queue import retry_mails
from quart_app.mail.sender import OUTAGE_PAUSE
from tests.mail.post_office import AWAY, ListDelivery, PostOffice


async def test_an_outage(office: PostOffice, log: pytest.LogCaptureFixture) -> None:
    """While no mail can be sent at all, one is tried at a time, and one line is logged; afterwards all are sent."""
    await office.register()
    await office.enqueue("susan", "susan", "susan")
    office.to_list.errors = [AWAY, AWAY]
    assert await office.sender.send_due() == await office.sender.send_due() == OUTAGE_PAUSE
    assert (office.sender.is_server_unavailable, office.to_list.is_open) == (True, False)
    assert sorted(mail.attempts for mail in await office.queue()) == [0, 1, 1]
    assert [record.levelname for record in log.records if record.levelno >= logging.WARNING] == ["ERROR"]
    assert office.counted("mail failed") == 2

    await retry_mails(None)
    await office.sender.send_due()
    assert (len(office.to_list.delivered), await office.queue()) == (3, [])
    assert not office.sender.is_server_unavailable
    assert "mails are sent again" in log.text


async def test_an_outage_of_one_host(office: PostOffice, log: pytest.LogCaptureFixture) -> None:
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
    assert "The outage of the mail server is over: no mail waits" in log.text
    await office.enqueue("susan")
    office.to_list.errors = [AWAY]
    await office.sender.send_due()
    assert [record.levelname for record in log.records].count("ERROR") == 2
