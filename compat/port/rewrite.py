"""Changes to single nodes of a file, made in one go: everything that is not changed keeps its text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import libcst as cst

from .findings import Complaint
from .program import Module
from .silence import raising

Change = Callable[[Any], Any]


class Rewrite:
    """The changes to one file, collected by node."""

    def __init__(self, module: Module) -> None:
        self._tree = module.tree
        self._parents = module.parents
        self._changes: dict[cst.CSTNode, list[Change]] = defaultdict(list)
        self._awaited: dict[cst.CSTNode, bool] = {}
        self._imports: dict[tuple[str, str | None], None] = {}

    def change(self, node: cst.CSTNode, change: Change) -> None:
        """Have *change* make something else of the node, its children changed already."""
        self._changes[node].append(change)

    def set(self, node: cst.CSTNode, **fields: Any) -> None:
        """Give the node other fields."""
        self.change(node, lambda updated: updated.with_changes(**fields))

    def replace(self, node: cst.CSTNode, new: cst.CSTNode) -> None:
        """Put another node there."""
        self.change(node, lambda _: new)

    def append(self, statement: cst.CSTNode, lines: Iterable[cst.BaseStatement]) -> None:
        """Put other statements below the statement."""
        self.change(statement, lambda updated: _followed_by(updated, lines))

    def make_awaited(self, node: cst.CSTNode, parent: cst.CSTNode | None) -> None:
        """Await the expression, in parentheses where the parent would take the ``await`` apart."""
        binds_tighter = (
            (isinstance(parent, cst.Attribute | cst.Subscript) and parent.value is node)
            or (isinstance(parent, cst.Call) and parent.func is node)
        )  # fmt: skip
        self._awaited[node] = binds_tighter

    def need_import(self, module: str, name: str | None = None) -> None:
        """Have ``import module``, or ``from module import name``, at the top of the file."""
        self._imports[module, name] = None

    def comment(self, statement: cst.CSTNode, complaint: Complaint) -> None:
        """Put what is left to do there above the statement, unless it is there."""
        above = [*getattr(statement, "leading_lines", ())]
        if statement is self._tree.body[0]:
            above += self._tree.header  # where the first statement's comments are
        if not any(line.comment is not None and complaint.is_said_in(line.comment.value) for line in above):
            self.change(statement, lambda updated: _with_comment(updated, complaint.remark))

    def raise_before(self, statement: cst.CSTNode, what: str) -> None:
        """Put a line before the statement that raises, and takes over the comments above it."""
        self.change(statement, lambda updated: _after_raising(updated, what))

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to change."""
        return bool(self._changes or self._awaited or self._imports)

    def result(self) -> str:
        """The text of the file, changed."""
        tree = self._tree
        if self._changes or self._awaited:
            around = _around((*self._changes, *self._awaited), tree, self._parents)
            tree = tree.visit(_Transformer(self._changes, self._awaited, around))
        if self._imports:
            tree = _with_imports(tree, self._imports)
        return tree.code


def _around(
    nodes: Iterable[cst.CSTNode], tree: cst.Module, parents: Mapping[cst.CSTNode, cst.CSTNode]
) -> set[cst.CSTNode]:
    """*nodes* and all nodes around them: the others stay as they are, and need no visit."""
    found: set[cst.CSTNode] = {tree}
    for node in nodes:
        current = node
        while current not in found:
            found.add(current)
            current = parents[current]
    return found


def _with_imports(tree: cst.Module, wanted: Iterable[tuple[str, str | None]]) -> cst.Module:
    """The module with the imports that it lacks: ``import x`` above those that are there, ``from x import y`` below."""
    body: list[Any] = list(tree.body)
    there = {tree.code_for_node(line.with_changes(leading_lines=[])).strip() for line in body if _is_import(line)}
    for module, name in wanted:
        text = f"import {module}" if name is None else f"from {module} import {name}"
        if text in there:
            continue
        if name is not None and _extend_import(body, module, name):
            continue
        places = [number for number, line in enumerate(body) if _is_import(line)]
        line: Any = cst.parse_statement(text)
        if name is not None:
            body.insert(places[-1] + 1 if places else 0, line)
            continue
        first = places[0]
        below = body[first]
        body[first] = below.with_changes(
            leading_lines=[] if isinstance(below.body[0], cst.Import) else [cst.EmptyLine()]
        )
        body.insert(first, line.with_changes(leading_lines=below.leading_lines))
    return tree.with_changes(body=body)


def _extend_import(body: list[Any], module: str, name: str) -> bool:
    """Name it in an import from the same module, if there is one."""
    for number, line in enumerate(body):
        match line:
            case cst.SimpleStatementLine(
                body=[cst.ImportFrom(module=source, names=[*names, last], relative=[]) as node]
            ):
                if source is not None and source.deep_equals(name_of(module)):
                    if any(alias.evaluated_name == name for alias in (*names, last)):
                        return True
                    new = cst.ImportAlias(cst.Name(name), comma=last.comma)
                    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
                    before = names[-1].comma if names else comma
                    aliases = [*names, last.with_changes(comma=before), new]
                    body[number] = line.with_changes(body=[node.with_changes(names=aliases)])
                    return True
    return False


def _is_import(line: cst.CSTNode) -> bool:
    """Whether it imports something, ``__future__`` apart, which stays first."""
    match line:
        case cst.SimpleStatementLine(body=[cst.ImportFrom(module=cst.Name(value="__future__"))]):
            return False
        case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom(), *_]):
            return True
    return False


def _followed_by(statement: Any, lines: Iterable[cst.BaseStatement]) -> cst.FlattenSentinel[Any]:
    statements = statement if isinstance(statement, cst.FlattenSentinel) else [statement]
    return cst.FlattenSentinel([*statements, *lines])


def _after_raising(statement: Any, what: str) -> cst.FlattenSentinel[Any]:
    line = raising(what).with_changes(leading_lines=statement.leading_lines)
    return cst.FlattenSentinel([line, statement.with_changes(leading_lines=[])])


def _with_comment(statement: Any, text: str) -> Any:
    if isinstance(statement, cst.FlattenSentinel):
        first, *others = statement
        return cst.FlattenSentinel([_with_comment(first, text), *others])
    above = statement.leading_lines
    if any(line.comment is not None and line.comment.value == text for line in above):
        return statement
    return statement.with_changes(leading_lines=[*above, cst.EmptyLine(comment=cst.Comment(text))])


class _Transformer(cst.CSTTransformer):
    def __init__(
        self, changes: dict[cst.CSTNode, list[Change]], awaited: dict[cst.CSTNode, bool], around: set[cst.CSTNode]
    ) -> None:
        super().__init__()
        self.changes = changes
        self.awaited = awaited
        self.around = around

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self.around

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        updated = super().on_leave(original_node, updated_node)
        for change in self.changes.get(original_node, ()):
            updated = change(updated)
        if original_node in self.awaited:
            updated = _await(updated, in_parentheses=self.awaited[original_node])
        return updated


def _await(expression: Any, *, in_parentheses: bool) -> cst.Await:
    opening, closing = expression.lpar, expression.rpar
    if in_parentheses and not opening:
        opening, closing = [cst.LeftParen()], [cst.RightParen()]
    return cst.Await(expression.with_changes(lpar=[], rpar=[]), lpar=opening, rpar=closing)


def name_of(dotted: str) -> cst.Name | cst.Attribute:
    """The nodes that spell a dotted name."""
    first, *others = dotted.split(".")
    node: cst.Name | cst.Attribute = cst.Name(first)
    for name in others:
        node = cst.Attribute(node, cst.Name(name))
    return node


def separate(arguments: Iterable[cst.Arg]) -> list[cst.Arg]:
    """Arguments with commas between them, as they have to be after one was added or dropped."""
    args = list(arguments)
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return [
        arg if arg.comma is not cst.MaybeSentinel.DEFAULT or number == len(args) - 1 else arg.with_changes(comma=comma)
        for number, arg in enumerate(args)
    ]


def keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    """``name=value``, spaced as arguments are."""
    tight = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return cst.Arg(value, keyword=cst.Name(name), equal=tight)
