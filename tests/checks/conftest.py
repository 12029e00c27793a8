"""Fixtures of the numbered checks of docs/security.md, and the summary of their figures.

``CHECKS=full`` repeats what is a matter of chance, such as the moment at which a worker is killed, more often.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.app.conftest import app as app
from tests.app.conftest import clock as clock
from tests.app.conftest import database_url as database_url
from tests.app.conftest import long_waiting_time as long_waiting_time
from tests.app.conftest import migrated_postgresql as migrated_postgresql
from tests.app.conftest import migrated_postgresql_url as migrated_postgresql_url
from tests.app.conftest import migrated_sqlite_url as migrated_sqlite_url
from tests.app.conftest import settings as settings
from tests.app.conftest import sqlite_template as sqlite_template
from tests.app.conftest import visitor as visitor
from tests.checks.tally import Tally

_FIGURE = "figure"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker ``check``."""
    config.addinivalue_line("markers", "check(number): which of the checks of docs/security.md it is")


@pytest.fixture
def times() -> int:
    """How often to repeat a case that depends on chance."""
    return 20 if os.environ.get("CHECKS") == "full" else 5


@pytest.fixture
def tally() -> Tally:
    """Counts the cases of this check."""
    return Tally()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail a test in whose tally a case did not hold, and keep the figure for the summary."""
    tally = pyfuncitem.funcargs.get("tally")
    if not isinstance(tally, Tally):
        return (yield)
    try:
        result = yield
    finally:
        marker = pyfuncitem.get_closest_marker("check")
        assert marker, "a check has a number"
        pyfuncitem.user_properties.append((_FIGURE, f"{marker.args[0]:2}  {pyfuncitem.name}: {tally.figure}"))
    tally.settle()
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print all figures in the order of the checks."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    properties = {each for report in reports for each in getattr(report, "user_properties", ())}
    figures = sorted(figure for name, figure in properties if name == _FIGURE)
    if figures:
        terminalreporter.section("checks")
        for figure in figures:
            terminalreporter.write_line(figure)
