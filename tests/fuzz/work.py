"""The work of a block in function calls, which do not depend on the machine or the clock."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: What an answer may cost, and what each byte that was sent may add. A usual page takes less than a tenth of the first;
#: the very first one, which compiles templates, half of it.
_CALLS, _CALLS_A_BYTE = 200_000, 30


@contextmanager
def little_work(sent: int) -> Iterator[None]:
    """Fail if the block calls more functions in this thread than a response to this many bytes may need."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
    assert calls <= _CALLS + _CALLS_A_BYTE * sent, f"{calls} calls for {sent} bytes"
