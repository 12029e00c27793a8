"""A database that is some milliseconds away, for both applications alike.

For SQLite each statement sleeps in the thread that runs it, with the interpreter's lock released: in the request's
own thread on Flask, in the connection's on Quart. For PostgreSQL :mod:`benchmarks.measurement.relay`
delays what goes over the wire, and this module does nothing.
"""

from __future__ import annotations

import os
import time
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

#: The environment variable with the delay in milliseconds.
DELAY_MS = "BENCHMARK_DATABASE_DELAY_MS"


def delay_statements() -> None:
    """Delay every statement on SQLite connections that are opened from now on."""
    seconds = float(os.environ.get(DELAY_MS, "0")) / 1000
    if seconds <= 0:
        return

    def sleep(_statement: str) -> None:
        time.sleep(seconds)

    @event.listens_for(Pool, "connect")
    def slow_down(connection: Any, _record: object) -> None:
        if hasattr(connection, "run_async"):  # aiosqlite's, as SQLAlchemy wraps it
            connection.run_async(lambda own: own.set_trace_callback(sleep))
        elif hasattr(connection, "set_trace_callback"):
            connection.set_trace_callback(sleep)
