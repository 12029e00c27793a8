"""Mails as files."""

from __future__ import annotations

import asyncio
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from quart_app.mail.delivery import MailServerUnavailable
from quart_app.mail.folder import FolderDelivery
from quart_app.mail.message import Message


def mail(content: bytes = b"To: susan@example.com\r\n\r\nx\r\n") -> Message:
    """A mail."""
    return Message(
        message_id=uuid4(),
        sender="no-reply@example.com",
        recipient="susan@example.com",
        needs_utf8=False,
        created_at=datetime(2026, 12, 24, 18, tzinfo=UTC),
        content=content,
    )


async def test_files(tmp_path: Path) -> None:
    """Each mail is a file of its own, for its owner alone, named by its time; an unfinished one is written again."""
    folder = tmp_path / "below" / "mails"
    delivery, messages = FolderDelivery(folder), [mail(), mail()]
    for message in messages:
        await delivery.deliver(message)
    unfinished = f".20261224T180000Z-{messages[0].message_id.hex}.part"
    (folder / unfinished).write_text("what a killed worker had written")
    await delivery.deliver(messages[0])
    await delivery.close()

    files = sorted(folder.iterdir())
    assert [file.name for file in files] == sorted(f"20261224T180000Z-{each.message_id.hex}.eml" for each in messages)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.read_bytes() for file in files} == {messages[0].content}


async def test_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is on the disk before the file has its name, and the name before the mail counts as written."""
    synced: list[tuple[bool, list[str]]] = []

    def note(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), [file.suffix for file in tmp_path.iterdir()]))

    monkeypatch.setattr(os, "fsync", note)
    await FolderDelivery(tmp_path).deliver(mail())
    assert synced == [(False, [".part"]), (True, [".eml"])]


async def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """A folder that cannot be written to, such as one on a full disk, is as a mail server that is unavailable."""
    (tmp_path / "mails").write_text("a file is in the way")
    with pytest.raises(MailServerUnavailable, match="Cannot write to the folder of MAIL_URL"):
        await FolderDelivery(tmp_path / "mails").deliver(mail())


async def test_the_event_loop_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk is slow, the event loop does other work."""
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def write_slowly(_descriptor: int) -> None:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(30)

    monkeypatch.setattr(os, "fsync", write_slowly)
    delivering = asyncio.create_task(FolderDelivery(tmp_path).deliver(mail()))
    await asyncio.sleep(0)
    assert not delivering.done()
    go_on.set()
    await delivering
