"""Moves the work in contexts that are pushed while the application is made to the start of serving.

``with app.app_context(): db.create_all()`` stands in most factories, and at the top of most modules that make an
application. Quart's contexts are entered asynchronously, and neither a factory nor a module can await.
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst
from libcst import matchers as m

from . import quart_api as api
from .findings import Complaint, check
from .inference import Inference
from .program import External, Function, Instance, Module, dotted_name

#: The remark about a block that becomes a ``before_serving`` function.
AT_THE_START = "it is `before_serving` now: it runs at the start, once a process"
IN_TESTS = "In tests it runs inside `async with app.test_app():` only"
#: Statements that stay where they are: moved to the start of serving, they would be missing in tests, for example.
_BELONGS_TO_MAKING = m.FunctionDef() | m.ClassDef() | m.Return() | m.Yield() | m.Global() | m.ImportStar() | m.Call(
    func=m.Attribute(attr=m.Name("register_blueprint") | m.Name("init_app") | m.Name("add_url_rule") | m.Name("run"))
)  # fmt: skip


def first_request(node: cst.CSTNode) -> Complaint:
    """What to check about *node*, which has a function run before the first request."""
    return check(node, "before_first_request", AT_THE_START, IN_TESTS)


def find_startup(inference: Inference, is_factory: Callable[[Function], bool]) -> set[cst.With]:
    """The ``with app.app_context():`` that can become ``before_serving`` functions."""
    return {
        statement
        for module in inference.modules
        for statement in module.withs
        if not module.is_test and _makes_application(module, statement, inference, is_factory)
        if isinstance(statement.body, cst.IndentedBlock) and not m.findall(statement.body, _BELONGS_TO_MAKING)
        if _stands_alone(module, statement)
    }


def _makes_application(
    module: Module, statement: cst.With, inference: Inference, is_factory: Callable[[Function], bool]
) -> bool:
    """Whether it is the context of an application that is made in the same scope: that one will be served."""
    match statement:
        case cst.With(
            items=[cst.WithItem(item=cst.Call(func=cst.Attribute(value=cst.Name(value=name))) as call, asname=None)],
            asynchronous=None,
        ):
            scope = module.scopes[statement]
        case _:
            return False
    if Instance(api.APP_CONTEXT) not in inference.evaluate(call, scope):
        return False
    if scope.owner is not None and not (isinstance(scope.owner, Function) and is_factory(scope.owner)):
        return False
    made = (binding.expression for binding in scope.bound.get(name, ()))
    return any(
        isinstance(each, cst.Call) and External(api.APP) in inference.evaluate(each.func, scope) for each in made
    )


def _stands_alone(module: Module, statement: cst.With) -> bool:
    """Whether no name that is bound inside is used outside."""
    inside = set(m.findall(statement.body, m.Name()))
    aliases = [each for each in m.findall(statement.body, m.ImportAlias()) if isinstance(each, cst.ImportAlias)]
    bound = {each.evaluated_alias or dotted_name(each.name).partition(".")[0] for each in aliases}
    bound |= {
        each.value
        for target in m.findall(statement.body, m.AssignTarget() | m.AsName() | m.CompFor() | m.For() | m.NamedExpr())
        for each in m.findall(_target(target), m.Name())
        if isinstance(each, cst.Name)
    }
    return not any(name.value in bound and name not in inside for name in module.loads)


def _target(node: cst.CSTNode) -> cst.CSTNode:
    match node:
        case cst.AssignTarget(target=target) | cst.For(target=target) | cst.NamedExpr(target=target):
            return target
    return node


def as_before_serving(statement: cst.With, name: str) -> cst.FunctionDef:
    """The function of that *name* that does what the *statement* did."""
    call = cst.ensure_type(statement.items[0].item, cst.Call)
    app = cst.ensure_type(call.func, cst.Attribute).value
    return cst.FunctionDef(
        cst.Name(name),
        cst.Parameters(),
        statement.body,
        decorators=[cst.Decorator(cst.Attribute(app, cst.Name("before_serving")))],
        asynchronous=cst.Asynchronous(),
        leading_lines=statement.leading_lines,
    )
