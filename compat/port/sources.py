"""The files of a project: which are read, and under which names the project imports them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

#: Folders that hold other people's code, or none. Migrations are a history, and are run by Alembic.
SKIPPED = {"__pycache__", "build", "dist", "env", "migrations", "node_modules", "site-packages", "venv", "virtualenv"}


def find_files(root: Path, *suffixes: str) -> Iterator[Path]:
    """The files below *root* with one of these suffixes, in order; or *root* itself, if it is a file.

    Hidden folders, virtual environments and migrations are left out, Alembic's ``env.py`` excepted: it asks for the
    application.
    """
    if root.is_file():
        yield from [root] if root.suffix in suffixes else []
        return
    for path in sorted(root.iterdir()):
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir():
            if path.name not in SKIPPED and not (path / "pyvenv.cfg").exists():
                yield from find_files(path, *suffixes)
            elif path.name == "migrations" and (path / "script.py.mako").exists():
                yield from (each for each in (path / "env.py",) if each.is_file() and each.suffix in suffixes)
        elif path.suffix in suffixes:
            yield path


def dotted_names(path: Path, root: Path) -> tuple[list[str], str]:
    """The dotted names of the module in *path*, and the package that its relative imports begin at.

    The first name is the one by its packages; the second counts from *root*, for folders without ``__init__.py``.
    """
    folder, parts = path.parent, [] if path.stem == "__init__" else [path.stem]
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    name = ".".join(parts)
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    top = root if root.is_dir() else root.parent
    below = path.relative_to(top).with_suffix("").parts
    from_root = ".".join(below[:-1] if below[-1] == "__init__" else below)
    if not (path.parent / "__init__.py").exists():  # a namespace package
        package = from_root.rpartition(".")[0]
    return [each for each in dict.fromkeys((name, from_root)) if each], package
