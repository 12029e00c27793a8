"""Which tests take long; and ``tests/fixtures.py``, which all of them share."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from werkzeug.routing import Rule

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
    """Compile the URL builder of a rule once: most tests make an application, and all have the same rules.

    Werkzeug compiles two for each rule, which took most of the time of ``create_app()``. What it generates depends on
    the text of the rule alone, but for defaults, and gets the rule itself as an argument.
    """
    compile_builder = Rule._compile_builder
    builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign, assignment]
