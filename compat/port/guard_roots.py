"""Which files the guard counts as the project's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .sources import SKIPPED

_roots: list[Path] = []


def add_root(root: Path) -> None:
    """Count the files below *root* as the project's."""
    resolved = root.resolve()
    if resolved not in _roots:
        _roots.append(resolved)
        is_below_a_root.cache_clear()


@cache
def is_below_a_root(file: str) -> bool:
    """Whether *file* belongs to the project: below a root, and in no installed package or hidden folder."""
    if not Path(file).is_absolute():
        return False  # <string>: made at run time, by whichever package
    path = Path(file).resolve()
    return any(_is_own(path, root) for root in _roots if path.is_relative_to(root))


def _is_own(path: Path, root: Path) -> bool:
    folders = path.relative_to(root).parts[:-1]
    if any(name in SKIPPED or name.startswith(".") for name in folders):
        return False
    return not any((root.joinpath(*folders[:number]) / "pyvenv.cfg").exists() for number in range(1, len(folders) + 1))
