"""Folders below the root that are on Python's path when the project runs, as its imports show.

A project whose ``shop/__main__.py`` puts ``shop/`` on the path writes ``from web.jobs import Job`` and means
``shop/web/jobs.py``. Such an import is known by two parts of its name, at least, that are a folder and a file below
a folder that the importing file is below, too; by a name that this file defines; and by its first part, which nothing
else of the project is called.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import libcst as cst

from .program import Module, dotted_name


def name_from_roots(modules: Sequence[Module]) -> None:
    """Give the modules below such folders the names that they have from there, after those that they have."""
    known = {name for module in modules for name in module.names}
    tops = {name.partition(".")[0] for name in known} | sys.stdlib_module_names
    places = {_parts(module): module for module in modules}
    roots = {
        root
        for module in modules
        for source, names in _imported(module)
        if source.partition(".")[0] not in tops
        for root in _roots(tuple(source.split(".")), names, _parts(module), places)
    }
    for root in sorted(roots):
        for parts, module in places.items():
            name = ".".join(parts[len(root) :])
            if parts[: len(root)] == root and name and name.partition(".")[0] not in tops:
                module.names = (*module.names, name)


def _roots(
    source: tuple[str, ...], names: set[str], importing: tuple[str, ...], places: dict[tuple[str, ...], Module]
) -> Iterator[tuple[str, ...]]:
    """The folders above the importing file below which *source* is a file that defines one of *names*."""
    for depth in range(1, len(importing)):
        root = importing[:depth]
        module = places.get((*root, *source))
        if module is not None and any(_defines(module, name) for name in names):
            yield root


def _defines(module: Module, name: str) -> bool:
    """Whether *name* comes from there: a file that has the name of a package, and imports from it, does not."""
    return any(binding.dotted is None for binding in module.scope.bound.get(name, ()))


def _parts(module: Module) -> tuple[str, ...]:
    """The parts of its path; of a package, those of its folder."""
    parts = module.shown.removesuffix(".py").split("/")
    return tuple(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(module: Module) -> Iterator[tuple[str, set[str]]]:
    """The modules of two parts at least that it imports from by absolute names, and the names."""
    for node in module.imports:
        if isinstance(node, cst.ImportFrom) and not node.relative and not isinstance(node.names, cst.ImportStar):
            source = dotted_name(node.module)
            if "." in source:
                yield source, {dotted_name(alias.name) for alias in node.names}
