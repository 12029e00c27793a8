"""Calls that mean something else, or raise, where all requests share one thread and its event loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import libcst as cst

from . import quart_api as api
from .awaits import Awaits
from .findings import Complaint, check, todo
from .program import Class, External, Function, FunctionValue, Instance, Module, Scope, dotted_name
from .reach import Reach
from .startup import first_request

#: Objects that exist only while a request is answered.
_OF_A_REQUEST = {Instance(api.REQUEST), External("compat.current_user"), External("quart.session")}
_SCOPED = External("sqlalchemy.orm.scoped_session")


class LoopCalls:
    """Finds such calls in a project.

    Args:
        awaits: what becomes async.
        reach: which functions are called by which.
        on_the_loop: the functions that run on the event loop.
    """

    def __init__(self, awaits: Awaits, reach: Reach, on_the_loop: set[Function]) -> None:
        self._awaits = awaits
        self._inference = awaits.inference
        self._reach = reach
        self._on_the_loop = on_the_loop
        self._loads: dict[Function | Class | None, list[cst.Name]] = defaultdict(list)
        for module in self._inference.modules:
            for load in module.loads:
                self._loads[module.scopes[load].owner].append(load)

    def find(self, module: Module) -> Iterator[Complaint]:
        """All there is to say about one file."""
        for call in module.calls:
            scope = module.scopes[call]
            values = self._inference.evaluate(call.func, scope)
            names = {value.name.removesuffix("()") for value in values if isinstance(value, External)}
            if f"{api.APP}.run" in names:
                yield check(call, module.code(call), "it is a server for development",
                             "Serve with Hypercorn: `hypercorn module:app`")  # fmt: skip
            if "threading.local" in names:
                yield check(call, module.code(call), "all requests share one thread now",
                             "Use `quart.g`, or a `contextvars.ContextVar`")  # fmt: skip
            if _SCOPED in values and self._is_shared(module, call):
                yield todo(call, module.code(call), "it gives each thread a session, and all requests share one thread",
                            "Give each request its own, with `g` from quart: "
                            "`scopefunc=lambda: id(g._get_current_object())`")  # fmt: skip
            if "threading.Thread" in names and scope.owner in self._on_the_loop and self._needs_context(call, scope):
                yield check(call, module.code(call), "a thread has neither the request nor `current_user`",
                             "Use `app.add_background_task(...)`, and give it the values that it needs")  # fmt: skip
            if names & {"asyncio.run", "asyncio.new_event_loop"} and scope.owner in self._on_the_loop:
                yield todo(call, module.code(call), "no loop can be run inside the loop", "Await the coroutine")
            if External("quart.get_template_attribute") in values:
                yield todo(call, module.code(call), "the templates of Quart are async, and it raises there",
                            "Use `getattr(await current_app.jinja_env.get_template(name).make_module_async(), "
                            "attribute)`, and await what that gives")  # fmt: skip
            if any(name.endswith(".make_module") for name in names & api.RENDERS.keys()):
                yield todo(call, module.code(call), "its macros are async now", "Await what each of them gives")
            if names & {f"{owner}.before_first_request" for owner in (api.APP, api.BLUEPRINT)}:
                yield first_request(call)

    def _is_shared(self, module: Module, call: cst.Call) -> bool:
        """Whether a registry of sessions may be asked by several requests, and does not say what tells them apart."""
        if _says_its_scope(call):
            return False
        scope, assign = module.scopes[call], module.parent(call)
        targets = [each.target for each in assign.targets] if isinstance(assign, cst.Assign) else []
        names = {target.value for target in targets if isinstance(target, cst.Name)}
        if not isinstance(scope.owner, Function) or len(names) != 1 or len(targets) != 1 or names & {*scope.elsewhere}:
            return True
        (name,) = names
        uses = [
            each
            for each in module.loads
            if each.value == name and each not in targets and _is_bound_in(scope, name, module.scopes[each])
        ]
        return not all(
            module.scopes[use] is scope and isinstance(module.parent(use), cst.Attribute | cst.Call) for use in uses
        )

    def _needs_context(self, call: cst.Call, scope: Scope) -> bool:
        """Whether the target of a thread asks for the request or the user, or may, as it is not known."""
        given = [arg.value for arg in call.args if dotted_name(arg.keyword) == "target"]
        if given and isinstance(given[0], cst.Call) and self._gives_nothing(given[0]):
            return False  # `target=work()`: it ran before, and the thread runs nothing
        values = self._inference.evaluate(given[0], scope) if given else frozenset()
        functions = {value.function for value in values if isinstance(value, FunctionValue)}
        below = self._reach.below(functions)
        return not values or any(
            not self._inference.evaluate(load, function.scope).isdisjoint(_OF_A_REQUEST)
            for function in below
            for load in self._loads[function]
        )

    def _gives_nothing(self, call: cst.Call) -> bool:
        """Whether it calls a function of the project, or several, that have no result."""
        functions = self._awaits.targets(call)
        return bool(functions) and not any(
            each.results or each.is_generator or each.is_async or each.decorators for each in functions
        )


def _is_bound_in(scope: Scope, name: str, used_in: Scope) -> bool:
    """Whether *name* means in *used_in* what *scope* binds: no scope between them binds it for itself."""
    around = used_in.elsewhere.get(name, used_in)
    while around is not scope and (name not in around.bound or (around is not used_in and around.is_class)):
        if around.parent is None:
            return False
        around = around.parent
    return around is scope


def _says_its_scope(call: cst.Call) -> bool:
    return len(call.args) > 1 or any(arg.star or dotted_name(arg.keyword) == "scopefunc" for arg in call.args)
