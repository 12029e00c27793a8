"""The id of a request, by which its lines are found in this log and in that of a proxy."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

HEADER = b"x-request-id"

_BYTES = 16
_ACCEPTED = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def choose_request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The ``X-Request-ID`` among these headers, if it is short and harmless; else a new one."""
    for name, value in headers:
        if name == HEADER and _ACCEPTED.fullmatch(value):
            return value.decode("ascii")
    return secrets.token_hex(_BYTES)
