"""A safety net for the first days after a port: a coroutine that nobody awaits is an error with file and line.

A call that became async and is not awaited gives a coroutine, which is true: ``if form.validate():`` passes everything.
While the guard is installed, the project's own modules are compiled with checks at the places where a coroutine would
be taken for a value (`compat.port.guard_rewrite`), and each of them raises `NotAwaited`. Under pytest
(``-p compat.port.guard``) a coroutine that was never awaited also fails the test that made it
(`compat.port.guard_tests`).

It needs no LibCST and no application.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .guard_checks import ORIGIN_DEPTH, allow
from .guard_rewrite import guarded
from .guard_roots import add_root, is_below_a_root

#: The part for pytest, which pytest loads with this module.
pytest_plugins = ("compat.port.guard_tests",)


def install(root: str | Path, *, allowed: Sequence[str] = ()) -> None:
    """Check the modules below *root* that are imported from now on.

    Call it at the top of the module that is run, before the application is imported. Installed packages, virtual
    environments and hidden folders below *root* are left alone.

    Args:
        root: the folder of the project.
        allowed: names of functions of other packages that may be passed coroutines, besides those of asyncio and
            anyio: ``"spawn"`` allows ``pool.spawn(work())``.

    Warns:
        RuntimeWarning: modules below *root* were imported before, and are not checked.
    """
    allow(allowed)
    add_root(Path(root))
    caller = sys._getframe(1).f_globals.get("__name__", "")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        # Just before Python's own finder: pytest's stays first, and rewrites the assertions of test modules.
        before = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
        sys.meta_path.insert(before, _Finder())
    sys.set_coroutine_origin_tracking_depth(max(ORIGIN_DEPTH, sys.get_coroutine_origin_tracking_depth()))
    warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)
    late = sorted(_imported_before(caller))
    if late:
        text = f"imported before compat.port.guard.install(), so not checked: {', '.join(late)}. Call it earlier"
        warnings.warn(text, RuntimeWarning, stacklevel=2)


def pytest_load_initial_conftests(early_config: Any) -> None:
    """Install the guard for pytest's root folder, before the first ``conftest.py`` imports the application."""
    install(early_config.rootpath, allowed=early_config.getini("guard_allowed"))


def _imported_before(caller: str) -> Iterator[str]:
    """The names of modules below a root that are there already, the caller and its packages excepted."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and name != "__main__" and not f"{caller}.".startswith(f"{name}."):
            loader = getattr(module, "__loader__", None)
            is_ours = name == "compat" or name.startswith("compat.")
            if type(loader) is SourceFileLoader and not is_ours and is_below_a_root(file):
                yield name


class _Finder(MetaPathFinder):
    """Finds what the finders after it find, and has modules of the project compiled with checks."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        after = sys.meta_path[sys.meta_path.index(self) + 1 :]
        for finder in after:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if type(spec.loader) is SourceFileLoader and is_below_a_root(spec.loader.path):
                    spec.loader = _Loader(spec.loader.name, spec.loader.path)
                    spec.cached = None
                return spec
        return None


class _Loader(SourceFileLoader):
    """Compiles a module with checks, and keeps no compiled file: it must not be found when the guard is gone."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = guarded(ast.parse(self.get_data(path), path))
        code: CodeType = compile(tree, path, "exec", dont_inherit=True)
        return code
