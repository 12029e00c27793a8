"""Which packages know of each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import quart_app

ROOT = Path(quart_app.__file__).parent


def imported(package: str) -> set[str]:
    """The full names of all modules that the modules of a package import."""
    names: set[str] = set()
    for file in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize(("package", "other"), [("accounts", "api"), ("sessions", "api"), ("operation", "sessions")])
def test_one_way(package: str, other: str) -> None:
    """What others are built on can be read without them."""
    assert [name for name in imported(package) if name.startswith(f"quart_app.{other}.")] == []
