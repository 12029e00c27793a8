"""The lines that nodes begin on.

LibCST tells them by writing the whole file again, which took a quarter of the assistant's time. Python's own parser
knows those of all statements at once; for what stands inside a statement, only its head is written again.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

#: The fields that hold the blocks of a statement, in the order of the text; LibCST and Python call them the same.
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")
_STATEMENT = (cst.BaseSmallStatement, cst.BaseCompoundStatement)
_EMPTY = cst.SimpleStatementSuite([cst.Pass()])


class Lines:
    """The lines of one file.

    Args:
        source: its text.
        tree: its syntax.
        parents: the node around each node.
    """

    def __init__(self, source: bytes, tree: cst.Module, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        self._source = source
        self._tree = tree
        self._parents = parents

    def of(self, node: cst.CSTNode) -> int:
        """The line that *node* begins on, counted from 1."""
        around: cst.CSTNode | None = node
        while around is not None and around not in self._of_statements:
            around = self._parents.get(around)
        if around is node:
            return self._of_statements[node]
        head = _head(around)
        within = {} if head is None else _positions(cst.Module([head]))
        if around is None or head is None or node not in within:
            return self._positions[node].start.line
        begin = within[around if isinstance(around, cst.BaseSmallStatement) else head].start.line
        return self._of_statements[around] + within[node].start.line - begin

    @cached_property
    def _of_statements(self) -> dict[cst.CSTNode, int]:
        """None at all if the file is written in a newer Python than this one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # backslashes that escape nothing
            try:
                parsed = ast.parse(self._source)
            except SyntaxError:
                return {}
        lines = (each.lineno for each in _inside(parsed, ast.stmt))
        return dict(zip(_inside(self._tree, _STATEMENT), lines, strict=True))

    @cached_property
    def _positions(self) -> Mapping[cst.CSTNode, CodeRange]:
        """Where each node stands, worked out the slow way."""
        return _positions(self._tree)


def _positions(tree: cst.Module) -> Mapping[cst.CSTNode, CodeRange]:
    wrapper = MetadataWrapper(tree, unsafe_skip_copy=True)  # which is safe: no node stands in the tree twice
    return cast(Mapping[cst.CSTNode, CodeRange], wrapper.resolve(PositionProvider))


def _inside(block: object, kinds: Any) -> Iterator[Any]:
    """The statements in the syntax tree of either parser, in the order of the text."""
    for name in _BLOCKS:
        value = getattr(block, name, ())
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, kinds):
                yield each
            yield from _inside(each, kinds)


def _head(statement: cst.CSTNode | None) -> cst.SimpleStatementLine | cst.BaseCompoundStatement | None:
    """*statement* without its blocks; None if more than one of them has a head: ``except``, ``case``."""
    match statement:
        case cst.BaseSmallStatement():
            return cst.SimpleStatementLine([statement])
        case cst.If() | cst.While() | cst.For():
            return statement.with_changes(body=_EMPTY, orelse=None)
        case cst.With() | cst.FunctionDef() | cst.ClassDef():
            return statement.with_changes(body=_EMPTY)
    return None
