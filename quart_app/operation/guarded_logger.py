"""A logger whose handlers cannot fail the code that logs."""

from __future__ import annotations

import logging
from typing import Any


class GuardedLogger(logging.Logger):
    """The standard library's logger of this name, with the levels, filters and handlers that it has at each moment.

    Python's own handlers report their errors by ``handleError``. Handlers of other packages may raise them into the
    code that logs: a login would be in the database, but answered with 500. This logger reports every handler's error
    by ``handleError``, and the other handlers still get the record.

    Only records of this object are guarded. It is not part of ``logging``'s tree, so other loggers are unchanged.

    Arguments:
        name: the name of the logger.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._logger = self.parent = logging.getLogger(name)

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is logging's
        """Whether the logger of this name is enabled for this level now."""
        return self._logger.isEnabledFor(level)

    def handle(self, record: logging.LogRecord) -> None:
        """Pass a record to the handlers of the logger of this name and of those above it, as logging does."""
        if self._logger.disabled:
            return
        passed: Any = self._logger.filter(record)
        if not passed:
            return
        if isinstance(passed, logging.LogRecord):  # since Python 3.12 a filter may replace it
            record = passed
        handlers = _handlers_of(self._logger) or [logging.lastResort]
        for handler in handlers:
            if handler is not None and record.levelno >= handler.level:
                try:
                    handler.handle(record)
                except Exception:  # noqa: BLE001 - whatever it is, the other handlers and the request go on
                    handler.handleError(record)


def _handlers_of(logger: logging.Logger) -> list[logging.Handler | None]:
    handlers: list[logging.Handler | None] = []
    above: logging.Logger | None = logger
    while above is not None:
        handlers += above.handlers
        above = above.parent if above.propagate else None
    return handlers
