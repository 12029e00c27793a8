"""Mails as files, for development, and for sites that send none."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from quart_app.private_files import create_private_folder

from .delivery import MailServerUnavailable
from .message import Message


class FolderDelivery:
    """Writes each mail to a file of its own, which only its owner can read, and mail programs can open.

    Arguments:
        folder: created when the first mail is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, message: Message) -> None:
        """Write the file. It appears complete, and is on the disk when this returns."""
        try:
            await asyncio.to_thread(self._write, message)
        except OSError as error:
            raise MailServerUnavailable(f"Cannot write to the folder of MAIL_URL: {error}") from error

    async def close(self) -> None:
        """There is nothing to close."""

    def _write(self, message: Message) -> None:
        create_private_folder(self._folder)
        name = f"{message.created_at:%Y%m%dT%H%M%SZ}-{message.message_id.hex}"
        unfinished = self._folder / f".{name}.part"
        unfinished.unlink(missing_ok=True)  # of a worker that was killed
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.content)
            file.flush()
            os.fsync(descriptor)
        unfinished.replace(self._folder / f"{name}.eml")
        if os.name != "nt":  # which opens no folders
            self._sync_folder()

    def _sync_folder(self) -> None:
        """Write the names of the files to the disk, too: fsync(2) of a file does not."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
