"""The log: one line for each event, on stderr, as JSON or to be read by eye.

Logging belongs to a process and not to an application, so :func:`~quart_app.factory.create_app` leaves it as it is.
Workers and commands configure it for their process when they start. Under another server, an application that starts
to be served does, unless the process has configured it (the rule of ``logging.basicConfig``).

All lines, those of Quart and Hypercorn, too, go through the standard library's logging and get the time, the level,
the logger and, inside a request, its id. Text that a client sent cannot begin a new line.

No line contains a password, a cookie, a token or a query string. Our own code logs none, and libraries log warnings and
above only, whatever the level: at DEBUG some of them log the parameters of queries, or all headers.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from quart_app.framework.hypercorn_log import log_through_root

from .guarded_logger import GuardedLogger

#: Added to every line, of every logger.
_CONTEXT: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
]
_FIRST = ("time", "level", "logger", "event")
_OURS = ("quart_app", "compat")


def configure_logging_once(*, json: bool, level: str) -> None:
    """Configure the logging of this process, unless the root logger has a handler already."""
    if not logging.getLogger().handlers:
        configure_logging(json=json, level=level)


def configure_logging(*, json: bool, level: str) -> None:
    """Configure the logging of this process: our handler at the root logger, in place of an earlier one of ours.

    Arguments:
        json: write lines of JSON; otherwise text.
        level: the lowest level that our own loggers write; those of libraries write no less than warnings.
    """
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
    _collect_nothing_in_vain()
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, _StderrHandler):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    log_through_root()


def _collect_nothing_in_vain() -> None:
    """Turn off what our lines do not show, above all the source line of each call, which costs a walk up the stack.

    These are the switches that Python's logging HOWTO has for it ("Optimization").
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to the current ``sys.stderr``; errors of writing, such as a full disk, are ignored."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """Ignore the stream that the base class sets."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Ignore the error: reporting it would write to the stream that has just failed."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


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
    """A structlog logger for a module of this application, which takes an event and named values.

    It does not use structlog's global configuration, which other code in the process may have changed.
    """
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        GuardedLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            *_CONTEXT,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return logger
