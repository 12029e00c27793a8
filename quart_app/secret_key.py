"""A generated secret key for development."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def kept_secret_key(path: Path) -> str:
    """The key in this file. The first call creates it, readable only by its owner.

    Several workers may start at once, and all must sign with the same key. So the file is created atomically, and a
    worker that finds it reads it.
    """
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another worker was faster
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
