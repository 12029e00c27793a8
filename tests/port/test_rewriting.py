from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from compat.port.porter import port

from .snippets import SNIPPETS, Snippet

pytestmark = pytest.mark.quick

every_snippet = pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.says.replace(" ", "-"))


def ported(folder: Path, code: str) -> str:
    """What the assistant makes of one file."""
    file = folder / "test_site.py"
    file.write_text(code)
    return port(file).files[0].after.decode()


@every_snippet
def test_rewriting(tmp_path: Path, snippet: Snippet) -> None:
    """Each snippet becomes exactly what the table shows."""
    assert ported(tmp_path, snippet.before) == snippet.after


@every_snippet
def test_ported_code_stays(tmp_path: Path, snippet: Snippet) -> None:
    """What is ported already is not changed."""
    assert ported(tmp_path, snippet.after) == snippet.after


@every_snippet
def test_ported_code_is_python_that_imports_what_exists(snippet: Snippet) -> None:
    """What comes out compiles, and each name that it imports is there in the installed Quart and compat."""
    compile(snippet.after, "ported", "exec")
    for node in ast.walk(ast.parse(snippet.after)):
        if isinstance(node, ast.ImportFrom) and node.module != "site_of_ours":
            module = import_module(str(node.module))
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []
