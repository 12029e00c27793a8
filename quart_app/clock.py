"""What time it is: one clock, the one that the cookies are dated by, so that tests can move all of them at once."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC)
