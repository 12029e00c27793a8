"""Creating an application changes nothing in the process."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import structlog
from prometheus_client import values

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.operation.logs import configure_logging_once
from quart_app.operation.metrics import current_metrics
from tests.app.log_lines import logging_of_a_worker
from tests.app.test_metrics import value

_LOGGERS = ("", "quart_app", "compat", "hypercorn.error", "somebody.else")


class _Raising(logging.Handler):
    """A handler of another package, which raises its errors."""

    def emit(self, record: logging.LogRecord) -> NoReturn:
        raise OSError("The network of the log is down")


@pytest.fixture
def foreign() -> Iterator[logging.Logger]:
    """The logger of other code in the process, with its own handler and level."""
    logger = logging.getLogger("somebody.else")
    handler = _Raising()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def state_of_the_process() -> dict[str, Any]:
    """The global state of logging, structlog, metrics and environment."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    switches = ("_srcfile", "logThreads", "logProcesses", "logMultiprocessing")
    return {
        "Handler.handle": logging.Handler.handle,
        "logger class": logging.getLoggerClass(),
        "switches": [getattr(logging, switch) for switch in switches],
        "loggers": [(each.level, [*each.handlers], [*each.filters], each.propagate) for each in loggers],
        "structlog": structlog.get_config(),
        "value class": values.ValueClass,
        "environment": dict(os.environ),
    }


def two_applications(folder: Path) -> tuple[Application, Application]:
    """Two applications with different settings."""
    one = create_app({"instance_path": folder / "one", "log_level": "DEBUG", "log_format": "json"})
    two = create_app({"instance_path": folder / "two", "log_level": "ERROR", "metrics_folder": folder / "metrics"})
    return one, two


async def test_two_applications_and_a_foreign_logger(tmp_path: Path, foreign: logging.Logger) -> None:
    """Two applications change no global state, and each has its own metrics."""
    before = state_of_the_process()
    one, two = two_applications(tmp_path)
    assert state_of_the_process() == before
    async with one.test_app(), two.test_app():
        assert state_of_the_process() == before
        await one.test_client().get("/healthz")
        await one.test_client().get("/healthz")
        await two.test_client().get("/healthz")
    assert state_of_the_process() == before
    labels = {"method": "GET", "route": "/healthz", "status": "2xx"}
    counts = [value(current_metrics.of(app).as_text().decode(), "http_requests_total", **labels) for app in (one, two)]
    assert counts == [2, 1]
    with pytest.raises(OSError, match="The network of the log is down"):
        foreign.info("It is told of its handler's errors.")


def test_logging_is_configured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A served application configures logging only if the process has not."""
    root = logging.getLogger()
    with logging_of_a_worker(json=False):
        monkeypatch.setattr(root, "handlers", [])
        configure_logging_once(json=True, level="DEBUG")
        (handler,) = root.handlers
        assert logging.getLogger("quart_app").level == logging.DEBUG
        configure_logging_once(json=True, level="ERROR")
        assert root.handlers == [handler]
        assert logging.getLogger("quart_app").level == logging.DEBUG
        monkeypatch.undo()
