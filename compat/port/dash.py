"""Dash: the application that it is on, the websocket that it has on Quart only, and callbacks on the event loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import libcst as cst

from . import quart_api as api
from .awaits import Awaits
from .findings import Complaint, check, todo
from .program import Class, ClassValue, Function, FunctionValue, Instance, Module, Values, dotted_name
from .quick import Quick

_DASH, _GUARD = "dash.Dash", "compat.login_guard"
_MOUNT = "hypercorn.middleware.DispatcherMiddleware"
_WSGI = "hypercorn.middleware.AsyncioWSGIMiddleware"
_ON_QUART = (
    "Require `dash[quart,async]>=4.4`, and close it with `login_guard` (docs/dash.md), or mount an older one's own "
    f"server: {_MOUNT} with `{_WSGI}(dash.server)`"
)
_OF_ITS_OWN = "Dash makes an application of Flask here, and what uses it is Quart's now"
_WITH_QUART = (
    'Add the argument `backend="quart"`, require `dash[quart,async]>=4.4`, and close it with '
    "`login_guard(app.server)` (docs/dash.md)"
)
_OPEN = "Dash has a websocket on Quart, which this does not close"
_CLOSE = "Write `login_guard(server)` instead, with `under=...` for Dash below a path (docs/dash.md): it closes both"
#: The functions that register a callback of Dash, and the options with which it runs in a thread or process.
_CALLBACKS = {"dash.callback", f"{_DASH}.callback"}
_NOT_ON_THE_LOOP = {"websocket", "background"}
_BEFORE = {f"{api.APP}.before_request", f"{api.BLUEPRINT}.before_app_request"}
_USER = "compat.current_user"


class Dash:
    """What to say about the use of Dash in a project."""

    def __init__(self, awaits: Awaits) -> None:
        self._awaits = awaits
        self._inference = awaits.inference
        self._quick = Quick(awaits)
        self._calls: dict[Function | Class | None, set[str]] = defaultdict(set)
        self._before: set[Function] = set()
        self._made: list[cst.Call] = []
        is_on_its_server = False
        for module in self._inference.modules:
            for call in module.calls if not module.is_of_tests else ():
                scope = module.scopes[call]
                names = self._inference.externals(call.func, scope)
                self._calls[scope.owner] |= names
                if _DASH in names:
                    self._made.append(call)
                if names & _BEFORE:
                    self._before |= (
                        _functions(self._inference.evaluate(call.args[0].value, scope)) if call.args else set()
                    )
                if names & {api.MANAGER, f"{api.MANAGER}.init_app"}:
                    is_on_its_server |= any(self._is_its_server(module, arg.value) for arg in call.args)
        called = set().union(*self._calls.values())
        self._is_guarded = _GUARD in called
        self._is_on_its_server = is_on_its_server or (api.MANAGER in called and not self._makes_application(called))
        self._is_on_quart = any(self._has_quart(call) for call in self._made)

    def find(self, module: Module) -> Iterator[Complaint]:
        """All there is to say about one file."""
        if not self._made and not any(map(self._is_callback, module.functions)):
            return
        for call in module.calls:
            if call not in self._made:
                continue
            if _has_server(call):
                yield check(call, module.code(call), "before its version 4.4 Dash speaks WSGI", _ON_QUART)
            elif self._is_on_its_server and not _has_backend(call):
                yield todo(call, module.code(call), _OF_ITS_OWN, _WITH_QUART)
        if self._is_on_quart and not self._is_guarded and not module.is_of_tests:
            yield from self._open_websocket(module)
        yield from self._callbacks(module)

    def _makes_application(self, called: set[str]) -> bool:
        """Whether the project makes an application by itself, or may."""
        return api.APP in called or any(
            isinstance(value, ClassValue) and api.APP in self._inference.external_bases(value.cls)
            for module in self._inference.modules
            for call in module.calls
            for value in self._inference.evaluate(call.func, module.scopes[call])
        )

    def _is_its_server(self, module: Module, node: cst.BaseExpression) -> bool:
        return (
            isinstance(node, cst.Attribute)
            and node.attr.value == "server"
            and Instance(_DASH) in self._inference.evaluate(node.value, module.scopes[node])
        )

    def _has_quart(self, call: cst.Call) -> bool:
        return _has_server(call) or _has_backend(call) or self._is_on_its_server

    def _open_websocket(self, module: Module) -> Iterator[Complaint]:
        """What refuses visitors in requests, and not in websockets: it would let everybody in there."""
        for function in module.functions:
            if self._refuses(function):
                yield todo(function.node, f"before_request: {function.name}", _OPEN, _CLOSE, raises=True)
        for attribute in module.attributes:
            item = module.parent(attribute)
            if attribute.attr.value != "view_functions" or not isinstance(item, cst.Subscript):
                continue
            if isinstance(module.parent(item), cst.AssignTarget):
                yield todo(item, module.code(item), _OPEN, _CLOSE, raises=True)

    def _refuses(self, function: Function) -> bool:
        """Whether it is called before each request of the application, and may refuse it because of the user."""
        is_before = function in self._before or any(
            self._inference.externals(each, function.outer) & _BEFORE for each in function.decorators
        )
        answers = any(dotted_name(result) != "None" for result in function.results)
        return is_before and (answers or "quart.abort" in self._calls[function]) and self._quick.reads(function, _USER)

    def _callbacks(self, module: Module) -> Iterator[Complaint]:
        """The sync callbacks of a module that may take long, at the first of them."""
        functions = module.functions if not module.is_test else ()
        found = [each for each in functions if self._is_callback(each) and not self._quick.is_quick(each)]
        if found:
            others = f", and so do {len(found) - 1} more callbacks of this file" if len(found) > 1 else ""
            why = f"`{found[0].name}` left Flask's threads for the event loop: every other request waits for it{others}"
            do = "Make it async, with `await asyncio.to_thread(...)` around what takes long (docs/dash.md)"
            yield check(found[0].node, "callback of Dash", why, do)

    def _is_callback(self, function: Function) -> bool:
        """Whether Dash calls *function* on the event loop: not over a websocket or in the background."""
        if self._awaits.is_async(function):
            return False
        for decorator in function.decorators:
            options = decorator.args if isinstance(decorator, cst.Call) else ()
            is_elsewhere = any(
                dotted_name(option.keyword) in _NOT_ON_THE_LOOP and dotted_name(option.value) == "True"
                for option in options
                if option.keyword is not None
            )
            if not is_elsewhere and self._inference.externals(decorator, function.outer) & _CALLBACKS:
                return True
        return False


def _functions(values: Values) -> set[Function]:
    return {value.function for value in values if isinstance(value, FunctionValue)}


def _has_server(call: cst.Call) -> bool:
    """Whether Dash is given an application: without one, or with a truth value, it makes its own."""
    given = [arg.value for arg in call.args if dotted_name(arg.keyword) == "server"]
    given += [arg.value for arg in call.args[1:2] if arg.keyword is None and not arg.star]
    return any(dotted_name(value) not in ("True", "False") for value in given)


def _has_backend(call: cst.Call) -> bool:
    """Whether it says on what Dash runs, or may: with Flask's name it has none."""
    for arg in call.args:
        if arg.star:
            return True
        if dotted_name(arg.keyword) == "backend":
            return not (isinstance(arg.value, cst.SimpleString) and arg.value.evaluated_value == "flask")
    return False
