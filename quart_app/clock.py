"""The current time, from the clock that also dates cookies, so that tests can set both."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)
