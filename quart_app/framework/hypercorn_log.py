"""Puts Hypercorn's lines into the log of the process, once each and in its format.

Hypercorn adds a handler to its logger when it first logs, which is after logging is configured. With the root logger's
handler every line would be written twice, once in another format.

Written for Hypercorn 0.18. Without it the log has lines that are not JSON. If Hypercorn renames its logger,
``tests/app/test_workers.py`` fails; if it leaves the handler out where the root logger has one, remove this module.
"""

from __future__ import annotations

import logging


def log_through_root() -> None:
    """Remove, at its first line, the handler that Hypercorn gives its logger in this process."""
    logging.getLogger("hypercorn.error").addFilter(_without_own_handlers)


def _without_own_handlers(record: logging.LogRecord) -> bool:
    logging.getLogger(record.name).handlers.clear()
    return True
