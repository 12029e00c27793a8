"""The recipes of docs/extensions.md for mail, caches and tasks do what the page says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from benchmarks.services.ports import free_port
from tests.neighbours.conftest import Recipe, body, browser

# --- mail


class _Inbox:
    """A handler of aiosmtpd that keeps what arrives."""

    def __init__(self) -> None:
        self.messages: list[tuple[list[str], str]] = []
        self.has_some = asyncio.Event()

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - its name
        self.messages.append((envelope.rcpt_tos, envelope.content.decode()))
        self.has_some.set()
        return "250 OK"


async def test_mail_is_sent_in_the_background(recipe: Recipe) -> None:
    """The message arrives, although the answer has not waited for it."""
    from aiosmtpd.smtp import SMTP

    example, inbox = recipe("Flask-Mail"), _Inbox()
    example.app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=free_port(), MAIL_USE_TLS=False)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(inbox), "127.0.0.1", example.app.config["MAIL_PORT"]
    )
    async with server, example.app.test_app():
        response = await browser(example, "susan").post("/report")
        await asyncio.wait_for(inbox.has_some.wait(), 60)

    assert response.status_code == 202
    ((recipients, text),) = inbox.messages
    assert recipients == ["susan@example.com"]
    assert "Subject: Your report\r\n" in text


async def test_mail_is_encrypted_or_not_sent(recipe: Recipe) -> None:
    """With MAIL_USE_TLS nothing is sent to a server that cannot encrypt."""
    from aiosmtpd.smtp import SMTP
    from aiosmtplib import SMTPException

    example, inbox = recipe("Flask-Mail"), _Inbox()
    example.app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=free_port())
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(inbox), "127.0.0.1", example.app.config["MAIL_PORT"]
    )
    async with server:
        with pytest.raises(SMTPException, match="STARTTLS"):
            await example.send("susan@example.com", "Your report", "It is ready.")

    assert inbox.messages == []


# --- caches


async def test_a_cache_keeps_users_apart(recipe: Recipe) -> None:
    """The function runs once for each user, and each gets their own."""
    example = recipe("Flask-Caching")

    seen = [await body(browser(example, name), "/messages") for name in ("susan", "john", "susan", "john")]

    assert seen == ["5", "4", "5", "4"]
    assert example.asked == ["susan", "john"]


# --- Celery


async def test_tasks_get_the_id(recipe: Recipe) -> None:
    """The task loads the user again, and does nothing for one who is gone."""
    example = recipe("Celery")
    example.celery.conf.task_always_eager = True

    response = await browser(example, "susan").post("/statement")
    results = [await asyncio.to_thread(example.send_statement.delay, name) for name in ("susan", "nobody")]

    assert response.status_code == 202
    assert [result.get() for result in results] == ["Statement for susan@example.com", None]
