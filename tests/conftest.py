"""Which tests take long; and ``tests/fixtures.py``, which all of them share."""

from __future__ import annotations

import gc
import importlib
import os
import re
from pathlib import Path

import pytest

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

_LONG = {*_MARKER_OF_FOLDER.values(), "services"}
_SERVERS = {"postgresql_cluster", "redis_server"}
_QUICK_EXAMPLES = 25  # of Hypothesis in `make test`, instead of its 100, where a test says nothing else


def pytest_configure(config: pytest.Config) -> None:
    """Import the fixtures that all folders share, but not in a process that only hands tests to others.

    Hardly any of what is made until all tests are collected is garbage: so long the garbage collector is off.
    """
    if _runs_tests(config):
        gc.disable()
        config.pluginmanager.import_plugin("tests.fixtures")


def _runs_tests(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput") or config.getoption("dist", "no") == "no"


def _left_out(config: pytest.Config) -> list[str]:
    """The markers that ``-m "not (... or ...)"`` leaves out."""
    found = re.fullmatch(r"not \(([\w ]+)\)", config.getoption("markexpr"))
    return [] if found is None else found[1].split(" or ")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import what ``make test`` leaves out: files without a quick test in folders that are not quick.

    Each process of pytest-xdist would import all of them.
    """
    left_out = _left_out(config)
    if not left_out or collection_path == _TESTS or not collection_path.is_relative_to(_TESTS):
        return None
    marker = _MARKER_OF_FOLDER.get(collection_path.relative_to(_TESTS).parts[0])
    if marker not in left_out:
        return None
    files = collection_path.rglob("test_*.py") if collection_path.is_dir() else [collection_path]
    return None if any("mark.quick" in file.read_text() for file in files) else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes long by its nature, so that ``make test`` can leave it to ``make test-all``.

    A test that is marked ``quick`` has no marker of its folder: each has some, so that ``make test`` looks at all.

    The long ones come first: at the end, all processes but one would wait for the last of them.
    """
    for item in items:
        marker = _MARKER_OF_FOLDER.get(item.path.relative_to(_TESTS).parts[0])
        if marker is not None and not item.get_closest_marker("quick"):
            item.add_marker(marker)
        if "served" in item.path.stem:
            item.add_marker("served")
        if _SERVERS & set(getattr(item, "fixturenames", ())) or re.search(r"[\[-]postgresql[]-]", item.name):
            item.add_marker("services")
    items.sort(key=_length, reverse=True)


def _length(item: pytest.Item) -> int:
    """2 for a measurement or another program, which take longest; 1 for another long test; 0 for a quick one."""
    marks = {mark.name for mark in item.iter_markers()}
    return 2 if "tools" in marks else int(not _LONG.isdisjoint(marks))


def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector need not look at it again after each application.

    Nor need it look as often as by default, after 700 new objects: each application leaves thousands.
    """
    importlib.import_module("hypothesis")  # asks the garbage collector who holds Trio's generator of random numbers
    gc.freeze()
    gc.set_threshold(5_000)
    gc.enable()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile what all applications have in common only once; without the tests marked ``fuzz``, try fewer examples."""
    if not _runs_tests(session.config):
        return
    from tests.reuse import compile_once  # imports the application, like tests.fixtures

    compile_once()
    if "fuzz" in _left_out(session.config):
        from hypothesis import settings

        settings.register_profile("quick", max_examples=_QUICK_EXAMPLES)
        settings.load_profile("quick")
