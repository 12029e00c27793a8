"""A copy of the repository, in which one mutation is applied at a time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .mutation import Mutation

ROOT = Path(__file__).resolve().parents[2]

_LEFT_OUT = (".*", "__pycache__", "build", "dist", "instance")
_KEPT = {".ci", ".github"}
_PACKAGES = ("compat", "quart_app", "benchmarks", "tests")
_SECOND = 10**9  # ns


class ImportedElsewhere(Exception):
    """A package that would be tested is not that of the copy."""


class Tree:
    """A copy of the repository.

    Arguments:
        folder: an empty folder, or one that is a copy already.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_the_repository(cls, folder: Path) -> Tree:
        """Copy the files of the working tree, without the environment, caches and Git's own.

        Raises:
            ImportedElsewhere: with this copy, Python would import a package from another place.
        """
        shutil.copytree(ROOT, folder, ignore=_ignored)
        tree = cls(folder)
        tree.require_own_packages()
        return tree

    def copy(self, folder: Path) -> Tree:
        """Another copy, with everything that Python has compiled in this one."""
        return Tree(Path(shutil.copytree(self.folder, folder)))

    @property
    def environment(self) -> dict[str, str]:
        """The environment for programs that shall import the packages of this copy.

        An editable install only appends the repository to the places where Python looks, and ``PYTHONPATH`` comes
        before it. It holds for the processes that a test starts, too.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
        return {**kept, "PYTHONPATH": str(self.folder)}

    def require_own_packages(self) -> None:
        """Ask a Python that does not look into its working directory where it finds the packages.

        Raises:
            ImportedElsewhere: in another place than this copy.
        """
        script = f"import importlib\nfor name in {_PACKAGES}: print(importlib.import_module(name).__file__)"
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-P", "-c", script],
            cwd=self.folder,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        found = [Path(line) for line in done.stdout.splitlines()]
        if found != [self.folder / name / "__init__.py" for name in _PACKAGES]:
            raise ImportedElsewhere(f"The copy is {self.folder}, and these are imported: {found}.")

    @contextmanager
    def changed_by(self, mutation: Mutation) -> Iterator[None]:
        """Apply a mutation inside this block.

        Python takes a compiled file for that of a source of the same time and size, so the changed file gets another
        time, and the file as it was its own one.
        """
        file = self.folder / mutation.file
        source, before = file.read_text(encoding="utf-8"), file.stat()
        file.write_text(mutation.apply(source), encoding="utf-8")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 10 * _SECOND))
        try:
            yield
        finally:
            file.write_text(source, encoding="utf-8")
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _ignored(folder: str, names: list[str]) -> set[str]:
    ignored = shutil.ignore_patterns(*_LEFT_OUT)(folder, names) - _KEPT
    return ignored if Path(folder) == ROOT else ignored & {"__pycache__"}
