"""Finds the places where a coroutine that is not awaited raises nothing: it is true there, and a check passes.

``if form.validate():`` would always pass. ``form.validate().errors`` raises by itself, and is left to that.
"""

from __future__ import annotations

from itertools import pairwise

import libcst as cst

from .program import Module

#: Operations that raise on a coroutine: reading an attribute or an item, calling it, arithmetic, iterating over it.
_LOUD = cst.Attribute | cst.Subscript | cst.BinaryOperation | cst.For | cst.CompFor | cst.StarredElement | cst.WithItem
_ORDERS = cst.LessThan | cst.GreaterThan | cst.LessThanEqual | cst.GreaterThanEqual
#: Methods of contexts that are pushed by hand: without its context, the code after them raises.
_PUSHED = {"push", "pop"}


def is_silent(module: Module, node: cst.CSTNode) -> bool:
    """Whether a coroutine in the place of *node* is taken for a value: tested, compared, passed on, or dropped."""
    around = module.parent(node)
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _PUSHED:
        return False
    match around:
        case cst.Call(func=function):
            return function is not node
        case cst.UnaryOperation(operator=operator):
            return isinstance(operator, cst.Not)
        case cst.Comparison(comparisons=comparisons):
            return not any(isinstance(each.operator, _ORDERS) for each in comparisons)
        case cst.Await():
            return False
    return not isinstance(around, _LOUD)


def is_tested(module: Module, node: cst.CSTNode) -> bool:
    """Whether *node* is a condition, or part of one."""
    around = module.parent(node)
    match around:
        case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test) | cst.Assert(test=test):
            return test is node
        case cst.BooleanOperation() | cst.Comparison() | cst.CompIf():
            return True
        case cst.UnaryOperation(operator=operator):
            return isinstance(operator, cst.Not)
    return False


def raising_place(module: Module, node: cst.CSTNode) -> cst.BaseStatement | None:
    """The statement before which another may stand, so that *node* is not reached; None if there is none."""
    for each in (node, *module.ancestors(node)):
        if isinstance(each, cst.BaseStatement) and isinstance(module.parent(each), cst.IndentedBlock | cst.Module):
            return each
    return None


def raises_before(module: Module, statement: cst.BaseStatement) -> cst.CSTNode | None:
    """The statement before *statement*, if an earlier run has put it there to raise."""
    block = module.parent(statement)
    body = block.body if isinstance(block, cst.IndentedBlock | cst.Module) else ()
    for before, after in pairwise(body):
        if after is statement and _is_ours(before):
            return before
    return None


_BEGINNING = "PORT: "


def raising(what: str) -> cst.SimpleStatementLine:
    """The line that keeps the next from being reached while *what* is not awaited there."""
    return cst.ensure_type(
        cst.parse_statement(f"raise NotImplementedError({_BEGINNING + what!r})"), cst.SimpleStatementLine
    )


def _is_ours(statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(
            body=[cst.Raise(exc=cst.Call(func=cst.Name(value="NotImplementedError"), args=[cst.Arg(value=text)]))]
        ):
            return isinstance(text, cst.SimpleString) and str(text.evaluated_value).startswith(_BEGINNING)
    return False
