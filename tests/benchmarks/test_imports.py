"""The tests may import the benchmarks, and never the other way round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import benchmarks

pytestmark = pytest.mark.quick

FOLDER = Path(benchmarks.__file__).parent


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports by absolute name, at the top of it or inside a function."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield str(node.module)


def test_the_benchmarks_do_without_the_tests() -> None:
    """No file of benchmarks imports anything from tests."""
    modules = {(file.name, name) for file in FOLDER.rglob("*.py") for name in imported(file)}
    assert ("worlds.py", "quart_app.models.login_session") in modules, "the imports are read"
    assert not {(file, name) for file, name in modules if name.partition(".")[0] == "tests"}
