"""Where the guard puts its checks: conditions, comparisons, statements of their own, arguments, and parts of texts.

Annotations stay as they are (``from __future__ import annotations`` makes texts of them), and so does what cannot be
a coroutine: constants, displays, comprehensions, and what is awaited. Line numbers stay.
"""

from __future__ import annotations

import ast
from typing import TypeVar

from .guard_checks import TAKERS

#: The checks' module in a guarded one, under a name that no program can spell, and no ``import *`` takes.
_CHECKS = "_@guard"
_CANNOT = (
    ast.Constant, ast.JoinedStr, ast.Lambda, ast.Await, ast.Starred, ast.Compare, ast.Yield, ast.YieldFrom,
    ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip
_Function = TypeVar("_Function", ast.FunctionDef, ast.AsyncFunctionDef)
_Conditional = TypeVar("_Conditional", ast.If, ast.While, ast.IfExp, ast.Assert)


def guarded(tree: ast.Module) -> ast.Module:
    """The module with its checks."""
    tree = _Guard().visit(tree)
    place = 0
    for statement in tree.body:
        is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not (is_docstring or (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")):
            break
        place += 1
    line = ast.ImportFrom(__package__, [ast.alias("guard_checks", _CHECKS)], 0)
    tree.body.insert(place, ast.copy_location(line, tree.body[place]) if place < len(tree.body) else line)
    return ast.fix_missing_locations(tree)


def _check(kind: str, value: ast.expr, *arguments: ast.expr) -> ast.expr:
    if isinstance(value, _CANNOT):
        return value
    function = ast.Attribute(ast.Name(_CHECKS, ast.Load()), kind, ast.Load())
    call = ast.copy_location(ast.Call(function, [value, *arguments], []), value)
    for node in (function, function.value, *arguments):
        ast.copy_location(node, value)
    return call


class _Guard(ast.NodeTransformer):
    def __init__(self) -> None:
        self._awaited: set[str] = set()

    # Conditions

    def _conditional(self, node: _Conditional) -> _Conditional:
        self.generic_visit(node)
        node.test = self._unless_awaited("tested", node.test)
        return node

    visit_If = visit_While = visit_IfExp = visit_Assert = _conditional  # noqa: N815 -- ast's names

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not):
            node.operand = self._unless_awaited("tested", node.operand)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """The last operand is not tested: what is around it gets it."""
        self.generic_visit(node)
        *tested, last = node.values
        node.values = [*(self._unless_awaited("tested", each) for each in tested), last]
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        self.generic_visit(node)
        node.ifs = [_check("tested", each) for each in node.ifs]
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        self.generic_visit(node)
        node.guard = _check("tested", node.guard) if node.guard is not None else None
        return node

    # Other places

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        node.left = self._unless_awaited("compared", node.left)
        node.comparators = [self._unless_awaited("compared", each) for each in node.comparators]
        return node

    def visit_Match(self, node: ast.Match) -> ast.stmt:
        self.generic_visit(node)
        node.subject = _check("compared", node.subject)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        self.generic_visit(node)
        node.value = _check("dropped", node.value)
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.expr:
        self.generic_visit(node)
        node.value = _check("formatted", node.value)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """``%`` with a text on the left."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
            if isinstance(node.right, ast.Tuple):
                node.right.elts = [_check("formatted", each) for each in node.right.elts]
            node.right = _check("formatted", node.right)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Its arguments, except in ``pool.submit(asyncio.run, work())``, where another function takes them."""
        callee = _dotted(node.func)
        is_for_another = any(_dotted(each).rpartition(".")[2] in TAKERS for each in node.args)
        self.generic_visit(node)
        if callee and not is_for_another:
            node.args = [_check("passed", each, ast.Constant(callee)) for each in node.args]
            for keyword in node.keywords:
                if keyword.arg is not None:
                    keyword.value = _check("passed", keyword.value, ast.Constant(callee))
        return node

    # Left alone

    def _function(self, node: _Function) -> _Function:
        """A function: names that it awaits may be compared before (``if task is not None: await task``)."""
        outer = self._awaited
        self._awaited = outer | {
            each.value.id for each in ast.walk(node) if isinstance(each, ast.Await) and isinstance(each.value, ast.Name)
        }
        returns, node.returns = node.returns, None
        self.generic_visit(node)
        node.returns = returns
        self._awaited = outer
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815 -- ast's names

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        node.target = self.visit(node.target)
        node.value = self.visit(node.value) if node.value is not None else None
        return node

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        return node

    def _unless_awaited(self, kind: str, value: ast.expr) -> ast.expr:
        is_awaited = isinstance(value, ast.Name) and value.id in self._awaited
        return value if is_awaited else _check(kind, value)


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` of the nodes that spell it; nothing of others."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""
