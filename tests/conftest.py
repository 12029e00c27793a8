"""Which tests take long; and ``tests/fixtures.py``, which all of them share."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.reuse import compile_once

pytest_plugins = ["tests.fixtures"]

_TESTS = Path(__file__).parent
_MARKER_OF_FOLDER = {
    "benchmarks": "tools",
    "browser": "browser",
    "checks": "checks",
    "clients": "tools",
    "docs": "docs",
    "fuzz": "fuzz",
    "models": "models",
    "neighbours": "neighbours",
    "port": "port",
    "servers": "served",
    "serving": "served",
}
# A test may use any settings, as on a developer's machine who says so. What it starts inherits the variable; tests of
# a forgotten ENVIRONMENT remove it.
os.environ.setdefault("ENVIRONMENT", "development")

_SERVERS = {"postgresql_cluster", "redis_server"}


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark what takes long by its nature, so that ``make test`` can leave it to ``make test-all``.

    A test that is marked ``quick`` has no marker of its folder: each has some, so that ``make test`` looks at all.
    """
    for item in items:
        marker = _MARKER_OF_FOLDER.get(item.path.relative_to(_TESTS).parts[0])
        if marker is not None and not item.get_closest_marker("quick"):
            item.add_marker(marker)
        if "served" in item.path.stem:
            item.add_marker("served")
        if (
            _SERVERS & set(getattr(item, "fixturenames", ()))
            or "[postgresql" in item.name
            or "postgresql]" in item.name
        ):
            item.add_marker("services")


def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector need not look at it again after each application.

    Nor need it look as often as by default, after 700 new objects: each application leaves thousands.
    """
    importlib.import_module("hypothesis")  # asks the garbage collector who holds Trio's generator of random numbers
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)


def pytest_sessionstart() -> None:
    """Compile what all applications have in common only once."""
    compile_once()
