"""The pages of the documentation, and the code blocks in them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), ROOT / "benchmarks" / "README.md"]

_BLOCK = re.compile(r"^( *)```(\S*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced code block, without the indentation of its fence."""

    language: str
    code: str


def blocks(page: Path, language: str | None = None) -> list[Block]:
    """The code blocks of a page, in one language or all."""
    found = [
        Block(name, re.sub(rf"^{indent}", "", code, flags=re.MULTILINE))
        for indent, name, code in _BLOCK.findall(page.read_text())
    ]
    return [block for block in found if language in (None, block.language)]


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return _BLOCK.sub("", page.read_text())


@contextmanager
def programs(page: Path) -> Iterator[list[Any]]:
    """The Python files of a page's reader: a block that makes an application, or names its file, begins a new one.

    Its other blocks go on where the one before ended. The files are modules for as long as this block runs, as
    SQLAlchemy looks its annotations up there.
    """
    made: list[Any] = []
    try:
        for block in blocks(page, "python"):
            if not made or re.search(r"= (Quart|Flask)\(|\A# \w+\.py$", block.code, re.MULTILINE):
                made.append(ModuleType(f"{page.stem}_{len(made)}".replace("-", "_")))
                sys.modules[made[-1].__name__] = made[-1]
            exec(compile(block.code, f"{page.name}", "exec", dont_inherit=True), made[-1].__dict__)  # noqa: S102
        yield made
    finally:
        for module in made:
            sys.modules.pop(module.__name__, None)
            if hasattr(module, "Base"):  # SQLAlchemy would go on to configure its models together with all others
                module.Base.registry.dispose()


def answered(code: str) -> list[tuple[str, str]]:
    """The commands of a ``console`` block, each with the output below it."""
    return re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", code, re.MULTILINE)


def commands(page: Path) -> list[str]:
    """The commands that a page shows: lines after a ``$``, and blocks in ``shell``."""
    typed = [line for block in blocks(page, "shell") for line in block.code.splitlines()]
    shown = [command for block in blocks(page, "console") for command, _ in answered(block.code)]
    text = re.sub(r" *\\\n *", " ", "\n".join(typed + shown))
    lines = (line.partition("  #")[0].strip().removesuffix(" &") for line in text.splitlines())
    return [part.strip() for line in lines for part in line.split(" && ") if part]
