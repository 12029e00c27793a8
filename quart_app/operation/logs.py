"""The log: one line for each thing that happens, on stderr, as JSON or to be read by eye.

All lines go through the standard library's logging, those of Quart and Hypercorn, too, and get the time, the
level, the logger and, inside a request, its id. What a client sent cannot begin a new line.

No line holds a password, a cookie, a token or a query string. Our own code logs none, and libraries are not asked
for less than warnings, whatever the level: at DEBUG some of them log the parameters of queries, or all headers.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

#: Added to every line, whoever writes it.
_CONTEXT: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
]
_FIRST = ("time", "level", "logger", "event")
_OURS = ("quart_app", "compat")


def configure_logging(*, json: bool, level: str) -> None:
    """Write the log of this process in one of both forms, from a level on."""
    handler = _StderrHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_CONTEXT,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # The plain traceback: other renderers show the local variables, passwords among them.
                structlog.processors.format_exc_info,
                structlog.processors.UnicodeDecoder(),
                _in_order,
                structlog.processors.JSONRenderer() if json else _as_text,
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_CONTEXT,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    _collect_nothing_in_vain()
    logging.Handler.handle = _handle  # type: ignore[assignment, method-assign] # all handlers there are, and all there will be
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, _StderrHandler):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    logging.getLogger("hypercorn.error").addFilter(_without_own_handlers)


def _collect_nothing_in_vain() -> None:
    """Leave out what no line of ours shows, above all the place of each call, found by walking up the stack.

    These are the switches that Python's logging HOWTO has for it ("Optimization").
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stderr`` is at that moment; where nothing can be written, life goes on without a log."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """What the base class was made with does not matter."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Say nothing: it would be said in the place that has just failed."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


_handle_or_raise = logging.Handler.handle


def _handle(handler: logging.Handler, record: logging.LogRecord) -> Any:
    """Let a handler that raises, somebody else's perhaps, be one that could not write.

    Python's own handlers report their errors by ``handleError``. Those of others may let them out, into whoever logs:
    a login would be in the database, and answered with 500.
    """
    try:
        return _handle_or_raise(handler, record)
    except Exception:  # noqa: BLE001 - whatever it is, the other handlers and the request go on
        handler.handleError(record)
        return False


def _without_own_handlers(record: logging.LogRecord) -> bool:
    """Hypercorn gives its logger a handler after we are configured, and every line would be there twice."""
    logging.getLogger(record.name).handlers.clear()
    return True


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {**{name: event.get(name) for name in _FIRST}, **event}


def _as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    time, level, logger, what = (str(event.pop(name)) for name in _FIRST)
    traceback = event.pop("exception", None)
    values = [f"{name}={_on_one_line(value)}" for name, value in event.items() if value is not None]
    line = " ".join([time, f"{level:<8}", logger, _on_one_line(what), *values])
    return line if traceback is None else f"{line}\n{traceback}"


def _on_one_line(value: object) -> str:
    text = str(value)
    return text if text.isprintable() else repr(text)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a module of ours, which takes an event and its values by name."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
