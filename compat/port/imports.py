"""Imports of Flask's names, and the places where they are used under another name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import libcst as cst

from .findings import Complaint, todo
from .inference import Inference
from .names import PORTED, relocate
from .program import Module, ModuleValue, Scope, dotted_name, imported_module
from .rewrite import Rewrite, name_of

_AS = cst.AsName(cst.Name("_"), cst.SimpleWhitespace(" "), cst.SimpleWhitespace(" "))
_NONE_THERE = "Quart has nothing of this name"


def find_reexports(inference: Inference) -> set[tuple[Module, str]]:
    """The modules and their names that other modules of the project import from there, or look up there."""
    found = set()
    for module in inference.modules:
        for node in module.imports:
            source = inference.by_name.get(imported_module(module, node)) if isinstance(node, cst.ImportFrom) else None
            if source is not None and isinstance(node, cst.ImportFrom):
                every = isinstance(node.names, cst.ImportStar)
                names = [*source.scope.bound] if every else [dotted_name(alias.name) for alias in _aliases(node)]
                found |= {(source, name) for name in names}
        for attribute in module.attributes:
            for value in inference.evaluate(attribute.value, module.scopes[attribute]):
                if isinstance(value, ModuleValue):
                    found.add((value.module, attribute.attr.value))
    return found


def _aliases(node: cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    return () if isinstance(node.names, cst.ImportStar) else node.names


def port_imports(module: Module, rewrite: Rewrite, reexported: set[tuple[Module, str]]) -> Iterator[Complaint]:
    """Import from where the names live now, and use the names that they have there.

    What other modules import from this one keeps its name: ``from quart import Quart as Flask``.
    """
    kept = {name for source, name in reexported if source is module}
    for node in module.imports:
        if isinstance(node, cst.Import):
            yield from _port_import(node, rewrite)
        else:
            yield from _port_import_from(module, node, rewrite, kept)
    for name in module.loads:
        dotted = imported_as(module, name)
        if dotted is not None and dotted.rpartition(".")[2] == name.value and name.value not in kept:
            moved = relocate(dotted)
            if moved is not None and moved != dotted:
                rewrite.set(name, value=moved.rpartition(".")[2])
    for attribute in module.attributes:
        yield from _port_attribute(module, attribute, rewrite)


def imported_as(module: Module, name: cst.Name) -> str | None:
    """The dotted name that *name* was imported from; None if it is not, or not only, an import."""
    scope: Scope | None = module.scopes[name]
    innermost = scope
    while scope is not None:
        if name.value in scope.bound and (scope is innermost or not scope.is_class):
            sources = {binding.dotted for binding in scope.bound[name.value]}
            return sources.pop() if len(sources) == 1 else None
        scope = scope.parent
    return None


def _port_import(node: cst.Import, rewrite: Rewrite) -> Iterator[Complaint]:
    for alias in node.names:
        dotted = dotted_name(alias.name)
        if dotted.partition(".")[0] not in PORTED:
            continue
        moved = relocate(dotted)
        if moved is None:
            yield todo(node, f"import {dotted}", _NONE_THERE, "Do without it")
        else:
            rewrite.set(alias, name=name_of(moved))


def _port_import_from(module: Module, node: cst.ImportFrom, rewrite: Rewrite, kept: set[str]) -> Iterator[Complaint]:
    source = imported_module(module, node)
    if node.relative or source.partition(".")[0] not in PORTED:
        return
    if isinstance(node.names, cst.ImportStar):
        do = f"Import the names that you use, then run this again: `from {source} import ...`"
        yield todo(node, f"from {source} import *", "it hides which names are Flask's", do)
        return
    groups: dict[str, list[cst.ImportAlias]] = defaultdict(list)
    for alias in node.names:
        name = dotted_name(alias.name)
        moved = relocate(f"{source}.{name}")
        if moved is None and not _is_fallback(module, node):
            yield todo(node, f"from {source} import {name}", _NONE_THERE, "Do without it, or find its counterpart")
        target, _, renamed = (moved or f"{source}.{name}").rpartition(".")
        changed = alias.with_changes(name=cst.Name(renamed))
        if alias.asname is None and name != renamed and name in kept:
            changed = changed.with_changes(asname=_AS.with_changes(name=cst.Name(name)))
        groups[target].append(changed)
    if len(groups) == 1:
        target, aliases = groups.popitem()
        rewrite.set(node, module=name_of(target), names=aliases)
        return
    line = module.parent(node)
    rewrite.change(line or node, lambda updated: _split(updated, groups))


def _is_fallback(module: Module, node: cst.CSTNode) -> bool:
    """Whether it is imported only where another import fails: from an older version of the same package, perhaps."""
    handlers = (each for each in module.ancestors(node) if isinstance(each, cst.ExceptHandler))
    return any(dotted_name(each.type) in ("ImportError", "ModuleNotFoundError") for each in handlers)


def _split(line: Any, groups: dict[str, list[cst.ImportAlias]]) -> Any:
    """One statement for each module."""
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return line
    statement = line.body[0]
    lines = []
    for number, (target, aliases) in enumerate(groups.items()):
        last = aliases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        new = cst.ImportFrom(name_of(target), [*aliases[:-1], last])
        if isinstance(statement, cst.ImportFrom) and number == 0 and statement.lpar is not None:
            new = statement.with_changes(module=new.module, names=aliases)
        lines.append(line.with_changes(body=[new]) if number == 0 else cst.SimpleStatementLine([new]))
    return cst.FlattenSentinel(lines)


def _port_attribute(module: Module, attribute: cst.Attribute, rewrite: Rewrite) -> Iterator[Complaint]:
    path = dotted_name(attribute)
    root: cst.BaseExpression = attribute
    while isinstance(root, cst.Attribute):
        root = root.value
    package = imported_as(module, root) if isinstance(root, cst.Name) else None
    if not path or package not in PORTED:
        return
    dotted = f"{package}.{path.partition('.')[2]}"
    if relocate(dotted.rpartition(".")[0]) is None or "." not in dotted:
        return
    owner = dotted.rpartition(".")[0]
    if owner != package and not _is_module(owner):
        return  # an attribute of an object: not ours
    moved = relocate(dotted)
    if moved is None:
        yield todo(attribute, dotted, _NONE_THERE, "Do without it, or find its counterpart")
    elif moved.rpartition(".")[0] != relocate(owner):
        rewrite.replace(attribute, name_of(moved))
        rewrite.need_import(moved.rpartition(".")[0])
    elif moved.rpartition(".")[2] != attribute.attr.value:
        rewrite.set(attribute, attr=cst.Name(moved.rpartition(".")[2]))


def _is_module(dotted: str) -> bool:
    return dotted in {f"flask.{name}" for name in ("views", "json", "cli", "testing", "signals", "typing", "wrappers")}
