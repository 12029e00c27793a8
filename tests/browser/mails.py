"""The mails of a server that writes them to files."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

_TIMEOUT = 60.0  # seconds until a mail is there; it takes a few hundredths of a second


async def link_in_mail(instance: Path, subject: str, to: str = "susan@example.com") -> str:
    """The link in the last mail with this subject to this address, once there is one.

    Text and HTML have the same link.
    """
    async with asyncio.timeout(_TIMEOUT):
        while not (found := _mails(instance / "mail", subject, to)):  # noqa: ASYNC110 - another process writes them
            await asyncio.sleep(0.05)
    parts = [part.get_content() for part in found[-1].iter_parts() if isinstance(part, EmailMessage)]
    (link,), (same,) = ({*re.findall(r'https?://[^\s"<]+\?[^\s"<]+', part.replace("&amp;", "&"))} for part in parts)
    assert link == same
    return str(link)


def _mails(folder: Path, subject: str, to: str) -> list[EmailMessage]:
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    mails = [message_from_bytes(file.read_bytes(), EmailMessage, policy=default) for file in files]
    return [mail for mail in mails if mail["Subject"] == subject and mail["To"] == to]
