"""Imports of extensions that are made for Flask."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from .extensions import UNCHANGED, advice
from .findings import Complaint, check, todo
from .inference import Inference
from .program import Module, dotted_name, imported_module

#: Said of an extension once, with all files that import it.
NOT_PORTED = "it is made for Flask, and is not ported"


def find_unported(module: Module, inference: Inference) -> Iterator[Complaint]:
    """Extensions that an import names: to be replaced, or said to work unchanged."""
    for node in module.imports:
        for name in _imported(module, node):
            package = name.partition(".")[0]
            if package in UNCHANGED and package not in inference.by_name:
                yield check(node, package, *UNCHANGED[package])
                break
            do = None if package in inference.by_name else advice(name)
            if do is not None:
                what = package if advice(package) is not None else name
                yield todo(node, what, NOT_PORTED, do)
                break


def _imported(module: Module, node: cst.Import | cst.ImportFrom) -> list[str]:
    """The dotted names of modules that *node* imports, or may: ``from a import b`` may import ``a.b``."""
    if isinstance(node, cst.Import):
        return [dotted_name(alias.name) for alias in node.names]
    if node.relative:
        return []
    source = imported_module(module, node)
    names = () if isinstance(node.names, cst.ImportStar) else node.names
    return [source, *(f"{source}.{dotted_name(alias.name)}" for alias in names)]
