"""Files for their owner alone, such as the database and the secret key."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_ACCESS_BY_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def create_private_file(path: Path) -> None:
    """Create an empty file that only its owner may read and write (0600), whatever the umask is.

    An existing file stays as it is, and is not even opened: closing it would drop the locks that this process has on
    it, SQLite's included (fcntl(2)). An error is left to the code that opens the file next, and reports it better.
    """
    with suppress(OSError):
        # Not through a dangling link, which O_EXCL refuses: the file that it points to.
        os.close(os.open(path.resolve(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def create_private_folder(path: Path) -> None:
    """Create a folder for its owner alone (0700), unless it exists.

    Missing folders above it are created as well. Nobody else may write to these (0755), whatever the umask is: whoever
    can rename the folder can put another one in its place.
    """
    for folder in reversed(path.parents):
        folder.mkdir(mode=0o755, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)


def command_to_protect(files: Iterable[Path]) -> str | None:
    """The command that ends the access of other users to these files; None if they have none.

    They can read or write a file by its mode. They can replace it, or a folder that it is in, in any folder above that
    they can write to, unless that has the sticky bit, as ``/tmp``. Missing files are left out, and so is everything on
    Windows, which has no such modes.
    """
    if os.name == "nt":
        return None
    files = list(files)
    readable = [file for file in files if _mode(file) & _ACCESS_BY_OTHERS]
    folders = dict.fromkeys(folder for file in files for folder in file.resolve().parents)
    writable = [each for each in folders if _mode(each) & _WRITABLE_BY_OTHERS and not _mode(each) & stat.S_ISVTX]
    commands = [
        ("chmod", change, *map(str, found)) for change, found in (("go=", readable), ("go-w", writable)) if found
    ]
    return " && ".join(map(shlex.join, commands)) or None


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
