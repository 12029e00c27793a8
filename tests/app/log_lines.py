"""Reads the log as operators do."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from quart_app.operation.logs import configure_logging

_SWITCHES = ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing")
_LEVELS = ("", "quart_app", "compat")


@contextmanager
def restored_logging() -> Iterator[None]:
    """At the end, restore what commands and workers configure of the logging of their process."""
    root, hypercorn = logging.getLogger(), logging.getLogger("hypercorn.error")
    levels = {name: logging.getLogger(name).level for name in _LEVELS}
    with pytest.MonkeyPatch.context() as patch:
        for switch in _SWITCHES:
            patch.setattr(logging, switch, getattr(logging, switch))
        for logger, name in ((root, "handlers"), (hypercorn, "filters")):
            patch.setattr(logger, name, [*getattr(logger, name)])
        yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@contextmanager
def logging_of_a_worker(*, json: bool) -> Iterator[None]:
    """Configure the logging of this process as in a worker, and restore it at the end."""
    with restored_logging():
        configure_logging(json=json, level="INFO")
        yield


def read_lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines that were written since the last call, each read as JSON."""
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]
