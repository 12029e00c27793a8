"""The changes to one file: what was found out about the project, turned into code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count

import libcst as cst
from libcst import matchers as m

from . import quart_api as api
from .awaits import Awaits
from .calls import Calls
from .commands import runs_tests
from .findings import Complaint, Level, check, todo
from .imports import imported_as, port_imports
from .names import canonical
from .program import Class, External, Function, FunctionValue, Instance, Module, Value, dotted_name
from .rewrite import Rewrite, keyword
from .silence import is_silent, raises_before, raising_place
from .startup import as_before_serving
from .templates import Templates

_TEST_CASES = {"unittest.TestCase", "unittest.case.TestCase"}
_ASYNC_NAMES = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
_RENAMED_ATTRIBUTES = {
    f"{api.APP}.ensure_sync": "ensure_async",
    **api.RENDERS,
    f"{api.APP}.before_first_request": "before_serving",
    f"{api.RESPONSE}.text": "get_data",
}
_STATEMENTS = (
    cst.SimpleStatementLine | cst.If | cst.For | cst.While | cst.Try | cst.With | cst.FunctionDef | cst.ClassDef
)


def plan(
    module: Module,
    awaits: Awaits,
    templates: Templates,
    forwarders: set[Function],
    commands: set[Function],
    reexported: set[tuple[Module, str]],
) -> tuple[Rewrite, list[Complaint]]:
    """All changes to *module*, and what is left to do there by hand."""
    planner = _Planner(module, awaits, templates, forwarders, commands)
    complaints = [*port_imports(module, planner.rewrite, reexported), *planner.go()]
    return planner.rewrite, complaints


def mark(module: Module, rewrite: Rewrite, complaints: Iterable[Complaint]) -> None:
    """Put a comment above each statement in which something is left to do by hand.

    Where that would be taken for a yes, a line that raises comes between them, once.
    """
    to_do = [complaint for complaint in complaints if complaint.level is Level.TODO]
    raising_before = set()
    for complaint in to_do:
        statement = raising_place(module, complaint.node) if complaint.raises else None
        if statement is not None and statement not in raising_before and raises_before(module, statement) is None:
            rewrite.raise_before(statement, complaint.what)
            raising_before.add(statement)
    for complaint in to_do:
        around = (complaint.node, *module.ancestors(complaint.node))
        statement = next((each for each in around if isinstance(each, _STATEMENTS)), None)
        if complaint.raises:
            statement = raising_place(module, complaint.node) or statement
        if statement is not None:
            rewrite.comment(raises_before(module, statement) or statement, complaint)


class _Planner:
    def __init__(
        self,
        module: Module,
        awaits: Awaits,
        templates: Templates,
        forwarders: set[Function],
        commands: set[Function],
    ) -> None:
        self.module = module
        self.awaits = awaits
        self.inference = awaits.inference
        self.rewrite = Rewrite(module)
        self.calls = Calls(module, awaits, templates, forwarders, self.rewrite)
        self.commands = commands
        self.context_managers = 0
        self.startup_names: set[str] = set()

    def go(self) -> Iterator[Complaint]:
        for function in self.module.functions:
            self._port_function(function)
        self._import_async_context_manager()
        for cls in self.module.classes:
            self._port_test_case(cls)
        yield from self.calls.port()
        for attribute in self.module.attributes:
            yield from self._port_attribute(attribute)
        for generator in self.awaits.lists & self.module.scopes.keys():
            self.rewrite.change(generator, _as_list)
        for statement in self.module.withs:
            self._port_with(statement)
            yield from self._load_user(statement)
        for node in self.awaits.awaited & self.module.scopes.keys():
            self.rewrite.make_awaited(node, self.module.parent(node))
        yield from self._obstacles()

    def _obstacles(self) -> Iterator[Complaint]:
        obstacles = [each for each in self.awaits.obstacles if each.module is self.module]
        places = {node: place for place, node in enumerate(self.module.scopes)} if obstacles else {}
        for obstacle in sorted(obstacles, key=lambda each: places[each.node]):
            what = self.module.code(obstacle.node)
            raises = not isinstance(obstacle.node, cst.Lambda) and is_silent(self.module, obstacle.node)
            why, do = f"it has to be awaited, but {obstacle.why}", obstacle.do or _way_around(obstacle.node)
            yield todo(obstacle.node, what, why, do, raises=raises)

    def _externals(self, node: cst.BaseExpression) -> set[str]:
        return self.inference.externals(node, self.module.scopes[node])

    # Functions

    def _port_function(self, function: Function) -> None:
        if function in self.awaits.made_async:
            self.rewrite.set(function.node, asynchronous=cst.Asynchronous())
            awaited_name = self.awaits.awaited_validator(function)
            if awaited_name is not None:
                self.rewrite.set(function.node, name=cst.Name(awaited_name))
            if function.is_generator:
                for decorator in function.decorators:
                    self._make_async_context_manager(decorator)
        if any("click.command" in self._externals(each) for each in function.decorators):
            self._give_context(function)

    def _make_async_context_manager(self, decorator: cst.BaseExpression) -> None:
        if "contextlib.contextmanager" not in self._externals(decorator):
            return
        if isinstance(decorator, cst.Attribute):
            self.rewrite.set(decorator, attr=cst.Name("asynccontextmanager"))
        elif isinstance(decorator, cst.Name):
            self.rewrite.set(decorator, value="asynccontextmanager")
            self.context_managers += 1

    def _import_async_context_manager(self) -> None:
        """In place of the sync one, if nothing needs that any more; else beside it."""
        used = sum(name.value == "contextmanager" for name in self.module.loads)
        for node in self.module.imports if self.context_managers else ():
            if isinstance(node, cst.ImportFrom) and dotted_name(node.module) == "contextlib":
                for alias in () if isinstance(node.names, cst.ImportStar) else node.names:
                    if dotted_name(alias.name) == "contextmanager" and used == self.context_managers:
                        self.rewrite.set(alias, name=cst.Name("asynccontextmanager"))
                        return
        if self.context_managers:
            self.rewrite.need_import("contextlib", "asynccontextmanager")

    def _give_context(self, function: Function) -> None:
        """Run a command that the application is given in an application context, as Flask does of itself."""
        known = {name for each in function.decorators for name in self._externals(each)}
        if (
            function in self.commands
            and not runs_tests(self.inference, function)
            and "quart.cli.with_appcontext" not in known
        ):
            decorator = cst.Decorator(cst.Name("with_appcontext"))
            self.rewrite.change(
                function.node, lambda updated: updated.with_changes(decorators=[*updated.decorators, decorator])
            )
            self.rewrite.need_import("quart.cli", "with_appcontext")

    def _port_test_case(self, cls: Class) -> None:
        if not any(map(self._has_async_methods, (cls, *self.inference.descendants(cls)))):
            return
        for base in cls.bases:
            if self._externals(base) & _TEST_CASES:
                if isinstance(base, cst.Attribute):
                    self.rewrite.set(base, attr=cst.Name("IsolatedAsyncioTestCase"))
                elif isinstance(base, cst.Name):
                    self.rewrite.set(base, value="IsolatedAsyncioTestCase")
                    self.rewrite.need_import("unittest", "IsolatedAsyncioTestCase")
        for function in _methods(cls):
            if function in self.awaits.made_async and function.name in _ASYNC_NAMES:
                self.rewrite.set(function.node, name=cst.Name(_ASYNC_NAMES[function.name]))

    def _has_async_methods(self, cls: Class) -> bool:
        return any(function in self.awaits.made_async for function in _methods(cls))

    # Expressions

    def _port_attribute(self, attribute: cst.Attribute) -> Iterator[Complaint]:
        values = self.inference.evaluate(attribute, self.module.scopes[attribute])
        if attribute.attr.value in _ASYNC_NAMES and any(map(self._is_renamed, values)):
            self.rewrite.set(attribute, attr=cst.Name(_ASYNC_NAMES[attribute.attr.value]))
        owners = self.inference.evaluate(attribute.value, self.module.scopes[attribute])
        own = {f"{owner.kind}.{attribute.attr.value}" for owner in owners if isinstance(owner, Instance)}
        own |= {f"{owner.name}.{attribute.attr.value}" for owner in owners if isinstance(owner, External)}
        for name in sorted({value.name for value in values if isinstance(value, External)}):
            if name in api.GONE and name in own:
                what = self.module.code(attribute)
                yield todo(attribute, what, "Quart does not have it", api.GONE[name])
            elif name == f"{api.RESPONSE}.text" and attribute in self.awaits.awaited:
                self.rewrite.change(attribute, _as_text)
            elif name in _RENAMED_ATTRIBUTES and name != f"{api.RESPONSE}.text":
                self.rewrite.set(attribute, attr=cst.Name(_RENAMED_ATTRIBUTES[name]))

    def _is_renamed(self, value: Value) -> bool:
        return isinstance(value, FunctionValue) and value.function in self.awaits.made_async

    # with

    def _port_with(self, statement: cst.With) -> None:
        if statement in self.awaits.startup:
            bound = self.module.scope.bound.keys() | self.module.scopes[statement].bound.keys() | self.startup_names
            name = next(each for each in chain(["prepare"], map("prepare_{}".format, count(2))) if each not in bound)
            self.startup_names.add(name)
            self.rewrite.change(statement, lambda updated: as_before_serving(updated, name))
            return
        kinds = [item in self.awaits.entered for item in statement.items]
        if all(kinds):
            self.rewrite.set(statement, asynchronous=cst.Asynchronous())
        elif any(kinds):
            self.rewrite.change(statement, lambda updated: _nest(updated, kinds))

    def _load_user(self, statement: cst.With) -> Iterator[Complaint]:
        """Load the user in a context that is pushed by hand, if it is asked for there."""
        kinds = {
            value
            for item in statement.items
            if item in self.awaits.entered
            for value in self.inference.evaluate(item.item, self.module.scopes[item])
        }
        if Instance(api.REQUEST_CONTEXT) not in kinds:
            return
        names = [name for name in m.findall(statement.body, m.Name()) if name in self.module.scopes]
        asking = [
            name
            for name in names
            if isinstance(name, cst.Name) and canonical(imported_as(self.module, name) or "") in api.ASKS_FOR_USER
        ]
        if not asking:
            return
        taken = any("load_user" in scope.bound for scope in (self.module.scope, self.module.scopes[statement]))
        if taken or not isinstance(statement.body, cst.IndentedBlock):
            why = "in a context that is pushed by hand, no user is loaded"
            yield check(asking[0], "current_user", why, "Put `await load_user()` before it, from compat")
            return
        load = cst.parse_statement("await load_user()")
        self.rewrite.change(statement.body, lambda body: body.with_changes(body=[load, *body.body]))
        self.rewrite.need_import("compat", "load_user")


def _methods(cls: Class) -> list[Function]:
    """The functions that stand in its body."""
    values = [binding.value for bindings in cls.scope.bound.values() for binding in bindings]
    return [value.function for value in values if isinstance(value, FunctionValue)]


def _way_around(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "app_context":
        return (
            "Do it in an `async def` function that is decorated with `@app.before_serving`, or in a command: "
            "`asyncio.run(...)` around `async with app.app_context():`"
        )
    return "Await it in an async function that comes before, and pass on the result"


def _as_list(generator: cst.GeneratorExp) -> cst.ListComp:
    return cst.ListComp(generator.elt, generator.for_in)


def _as_text(attribute: cst.Attribute) -> cst.Call:
    function = attribute.with_changes(attr=cst.Name("get_data"), lpar=[], rpar=[])
    return cst.Call(function, [keyword("as_text", cst.Name("True"))], lpar=attribute.lpar, rpar=attribute.rpar)


def _nest(statement: cst.With, kinds: list[bool]) -> cst.With:
    """One statement for each run of items of one kind, the later ones inside the earlier, without parentheses."""
    last = statement.items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)  # a comma there needs parentheses
    statement = statement.with_changes(items=[*statement.items[:-1], last])
    first = kinds[0]
    length = next((number for number, kind in enumerate(kinds) if kind is not first), len(kinds))
    asynchronous = cst.Asynchronous() if first else None
    if length == len(kinds):
        return statement.with_changes(asynchronous=asynchronous)
    inner = _nest(
        statement.with_changes(items=statement.items[length:], leading_lines=[], lpar=cst.MaybeSentinel.DEFAULT,
                               rpar=cst.MaybeSentinel.DEFAULT),
        kinds[length:],
    )  # fmt: skip
    kept = [*statement.items[: length - 1], statement.items[length - 1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
    return statement.with_changes(
        items=kept, asynchronous=asynchronous, body=cst.IndentedBlock([inner]),
        lpar=cst.MaybeSentinel.DEFAULT, rpar=cst.MaybeSentinel.DEFAULT,
    )  # fmt: skip
