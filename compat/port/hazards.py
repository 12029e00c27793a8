"""What works after the port and may mean something else, and what no rewriting can settle."""

from __future__ import annotations

import builtins
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence

import libcst as cst
from libcst import matchers as m

from . import quart_api as api
from .awaits import Awaits, functions_below, is_looked_into
from .blocking import blocking
from .dash import Dash
from .extensions import UNCHANGED, advice
from .findings import Complaint, check, todo
from .imports import imported_as
from .names import canonical
from .off_loop import WORKERS, OffLoop
from .patches import find_patches
from .program import (
    Class,
    ClassValue,
    External,
    Function,
    FunctionValue,
    Instance,
    Module,
    ObjectValue,
    Scope,
    Values,
    dotted_name,
    imported_module,
)
from .servers import find_wsgi
from .silence import is_silent, is_tested
from .subforms import find_subforms
from .templates import GIVE_IT, NOT_AWAITED, Templates, asked_for_in

#: Said of an extension once, with all files that import it.
NOT_PORTED = "it is made for Flask, and is not ported"
_QUIET = ("pytest", "quart.", "compat.", "unittest.", "functools.", "typing.", "click.", "hypothesis.", "asyncio.")
_AS_A_FUNCTION = "See that whoever calls it awaits it; Quart takes an `async def` function instead of an object"
#: Classes of rows and documents: what a subclass adds is called by the project, and by templates.
_MODELS = ("flask_sqlalchemy.", "sqlalchemy.", "mongoengine.", "flask_mongoengine.", "peewee.", "pydantic.")
#: How the names of such classes end, where it is not known whose they are.
_ROW = (".Model", ".Document")
#: What classes that look for methods by their names look for.
_BY_NAME = ("visit_", "do_", "handle_", "on_")
#: Names of methods that say yes or no.
_GUARD = re.compile(r"(is|has|can|may|check|allow|allows|authori[sz]e|permit|validate|verify|require)(_|$)")
_MAY_CALL = "`{}` is async now, and this decorator may call it without awaiting{}"
_TAKES_ASYNC = "See that it takes async functions"
#: Decorators that take async functions, or are seen to elsewhere.
_WRAPS_ASYNC = (
    *_QUIET,
    *sorted(api.WELCOME),
    *(
        "mock.",
        "freezegun.",
        "time_machine.",
        "responses.",
        "parameterized.",
        "vcr.",
        "flaky.",
        "respx.",
        "aioresponses.",
    ),
)
#: Who is given functions sync or async ...
_AWAITING = (
    *("pytest", "quart.", "compat.", "unittest.", "functools.partial", "typing.", "hypothesis.", "asyncio."),
    "inspect.",
)
#: ... but for where an application keeps what it is given.
_KEPT = (f"{api.APP}.config", f"{api.APP}.extensions", "quart.session", "quart.g.")
_FORWARDED = "X-Forwarded-For"
_PROXY_FIX = "werkzeug.middleware.proxy_fix.ProxyFix"
_AT_THE_START = "it is `before_serving` now: it runs at the start, once a process"
_IN_TESTS = "In tests it runs inside `async with app.test_app():` only"
#: What is there only while a request is answered.
_OF_A_REQUEST = {Instance(api.REQUEST), External("compat.current_user"), External("quart.session")}
_SCOPED = External("sqlalchemy.orm.scoped_session")
#: Methods of everything: their name tells nothing.
_COMMON = {*dir(dict), *dir(list), *dir(set), *dir(str), *dir(bytes), *api.VERBS}
_IN_A_WORKER = "A worker does not await it: keep it sync, with `asyncio.run(...)` around what is to be awaited"
#: What is read of a user without a call.
_PROPERTIES = {"is_active", "is_anonymous", "is_authenticated"}
#: Of the standard library, and built in: what gives back objects that it was given.
_GIVES_ANYTHING = {"contextvars", "copy", "functools", "max", "min", "next", "pickle", "random", "typing", "weakref"}
_GIVES_TEMPLATES = re.compile(r"\.(get_template|from_string|select_template|get_or_select_template)\(\)")
#: Of Tornado, what gives its own loop.
_GIVES_LOOPS = re.compile(r"tornado\.ioloop\.IOLoop\.(current|instance)\(\)")
_FLASK_NAME = re.compile(r"flask(_login|_wtf)?\.[a-z_.]+\w")


class Hazards:
    """What to say about a project, apart from what is left over from rewriting it."""

    def __init__(self, awaits: Awaits, templates: Templates) -> None:
        self.awaits = awaits
        self.templates = templates
        self.inference = awaits.inference
        self.off_loop = OffLoop(awaits)
        self.dash = Dash(awaits)
        functions = [function for module in self.inference.modules for function in module.functions]
        self.on_the_loop = functions_below(
            awaits, (each for each in functions if awaits.is_async(each) and not each.module.is_of_tests)
        )
        roots = (each for each in functions if each in self.on_the_loop and awaits.is_async(each))
        self.holding_up = functions_below(awaits, (each for each in roots if each not in self.off_loop.functions))

        self.is_set_up = any(
            string.evaluated_value == "REMEMBER_COOKIE_ISSUE"
            for module in self.inference.modules
            for string in module.strings
        )
        self._loads: dict[Function | Class | None, list[cst.Name]] = defaultdict(list)
        for module in self.inference.modules:
            for load in module.loads:
                self._loads[module.scopes[load].owner].append(load)
        self.mentioned = {attribute.attr.value for module in self.inference.modules for attribute in module.attributes}
        self.methods: dict[str, list[tuple[str, Function]]] = defaultdict(list)
        for function in awaits.made_async:
            if function.cls is not None and function.name not in _COMMON and not function.module.is_of_tests:
                self.methods[function.name].append((f"{function.cls.node.name.value}.{function.name}", function))

    def find(self, module: Module) -> Iterator[Complaint]:
        """All there is to say about one file."""
        yield from self._imports(module)
        yield from self._calls(module)
        yield from self._set_up(module)
        yield from self._blocking(module)
        yield from self.dash.find(module)
        yield from self._decorators(module)
        yield from self._objects(module)
        yield from self._passed_on(module)
        yield from self._unresolved(module)
        yield from self._called_elsewhere(module)
        yield from self._overrides(module)
        yield from self._contexts(module)
        yield from self._loaders(module)
        yield from self._bodies(module)
        yield from self._json(module)
        yield from self._strings(module)
        yield from self._methods_of_users(module)
        yield from find_wsgi(module, self.inference)
        yield from find_patches(module, self.awaits)
        yield from find_subforms(module, self.awaits)

    def _imports(self, module: Module) -> Iterator[Complaint]:
        for node in module.imports:
            for name in _imported(module, node):
                package = name.partition(".")[0]
                if package in UNCHANGED and package not in self.inference.by_name:
                    yield check(node, package, *UNCHANGED[package])
                    break
                do = None if package in self.inference.by_name else advice(name)
                if do is not None:
                    what = package if advice(package) is not None else name
                    yield todo(node, what, NOT_PORTED, do)
                    break

    def _calls(self, module: Module) -> Iterator[Complaint]:
        for call in module.calls:
            scope = module.scopes[call]
            values = self.inference.evaluate(call.func, scope)
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
            if "threading.Thread" in names and scope.owner in self.on_the_loop and self._needs_context(call, scope):
                yield check(call, module.code(call), "a thread has neither the request nor `current_user`",
                             "Use `app.add_background_task(...)`, and give it the values that it needs")  # fmt: skip
            if names & {"asyncio.run", "asyncio.new_event_loop"} and scope.owner in self.on_the_loop:
                yield todo(call, module.code(call), "no loop can be run inside the loop", "Await the coroutine")
            if External("quart.get_template_attribute") in values:
                yield todo(call, module.code(call), "the templates of Quart are async, and it raises there",
                            "Use `getattr(await current_app.jinja_env.get_template(name).make_module_async(), "
                            "attribute)`, and await what that gives")  # fmt: skip
            if any(name.endswith(".make_module") for name in names & api.RENDERS.keys()):
                yield todo(call, module.code(call), "its macros are async now", "Await what each of them gives")
            if names & {f"{owner}.before_first_request" for owner in (api.APP, api.BLUEPRINT)}:
                yield self._first_request(call)

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
        values = self.inference.evaluate(given[0], scope) if given else frozenset()
        functions = {value.function for value in values if isinstance(value, FunctionValue)}
        below = functions_below(self.awaits, iter(functions))
        return not values or any(
            not self.inference.evaluate(load, function.scope).isdisjoint(_OF_A_REQUEST)
            for function in below
            for load in self._loads[function]
        )

    def _gives_nothing(self, call: cst.Call) -> bool:
        """Whether it calls a function of the project, or several, that have no result."""
        functions = self.awaits.targets(call)
        return bool(functions) and not any(
            each.results or each.is_generator or each.is_async or each.decorators for each in functions
        )

    def _set_up(self, module: Module) -> Iterator[Complaint]:
        """What keeps logins valid: the steps of the guide that no rewriting does."""
        for call in module.calls:
            names = self.inference.externals(call.func, module.scopes[call])
            if _PROXY_FIX in names:
                do = "Put Hypercorn's ProxyFixMiddleware around the application that is served"
                if any(dotted_name(arg.keyword) == "x_prefix" for arg in call.args):
                    do += "; it knows no prefix: start Hypercorn with `--root-path /prefix`"
                yield todo(call, module.code(call), "it is WSGI middleware", do)
            if api.MANAGER in names and not module.is_of_tests and not self.is_set_up:
                yield check(call, module.code(call), "logins go on if key, cookies and client addresses stay the same",
                            "See steps 4 and 5 of the guide: keep SECRET_KEY, set REMEMBER_COOKIE_ISSUE while both "
                            "applications run, and add ProxyFixMiddleware behind a proxy")  # fmt: skip

    def _first_request(self, node: cst.CSTNode) -> Complaint:
        return check(node, "before_first_request", _AT_THE_START, _IN_TESTS)

    def _blocking(self, module: Module) -> Iterator[Complaint]:
        """Each kind of blocking call once, at its first place in the module, with the number of the others."""
        places: dict[tuple[str, str], list[tuple[cst.Call, Function]]] = {}
        for call in module.calls if not module.is_of_tests else ():
            owner = module.scopes[call].owner
            if isinstance(owner, Function) and owner in self.holding_up:
                names = sorted(self.inference.externals(call.func, module.scopes[call]))
                if isinstance(module.parent(call), cst.WithItem):  # a process is waited for at the end
                    names = [f"{name}().wait" if name == "subprocess.Popen" else name for name in names]
                packages = {name.partition(".")[0] for name in names}
                for known in dict.fromkeys(filter(None, map(blocking, names))) if len(packages) == 1 else ():
                    places.setdefault(known, []).append((call, owner))
        for (what, instead), found in places.items():
            call, owner = found[0]
            why = f"it blocks, and every other request waits until `{owner.name}` goes on{_others(found)}"
            yield check(call, what, why, f"Use {instead}; until then it works as it did, one request at a time")

    def _decorators(self, module: Module) -> Iterator[Complaint]:
        """Decorators of other packages above functions that became async; above views and tests each once a file."""
        checked: dict[str, list[tuple[cst.BaseExpression, Function]]] = {}
        for function in module.functions:
            for decorator in function.decorators if function in self.awaits.made_async else ():
                names = self.inference.externals(decorator, function.outer)
                if f"{api.APP}.before_first_request" in names and isinstance(decorator, cst.Attribute):
                    yield self._first_request(decorator)
                strange = {name for name in names if name not in api.HOOKS and not name.startswith(_WRAPS_ASYNC)}
                if not strange:
                    continue
                if self.awaits.is_hook(function) or function.cls is not None or module.is_of_tests:
                    checked.setdefault(min(strange), []).append((decorator, function))
                else:  # what it is registered for would get a coroutine, which is true
                    is_task = any(name.startswith(WORKERS) for name in strange)
                    what, why = f"@{module.code(decorator)}", _MAY_CALL.format(function.name, "")
                    yield todo(function.node, what, why, _IN_A_WORKER if is_task else _TAKES_ASYNC, raises=True)
        for found in checked.values():
            decorator, function = found[0]
            why = _MAY_CALL.format(function.name, _others(found))
            yield check(decorator, f"@{module.code(decorator)}", why, _TAKES_ASYNC)

    def _objects(self, module: Module) -> Iterator[Complaint]:
        """Decorators that are classes, between Quart and a view: Quart takes an object for a sync function."""
        for function in module.functions:
            if function.decorators and self.awaits.is_hook(function):
                values = self.inference.decorated(function)
                if self._has_async_call(values):
                    yield todo(function.node, function.name, "it is an object whose `__call__` is async now, and "
                               "Quart calls objects as sync functions", _AS_A_FUNCTION)  # fmt: skip

    def _passed_on(self, module: Module) -> Iterator[Complaint]:
        """Functions that became async, and are given to somebody who will call them unseen.

        Objects that are passed on while the module is imported are named at the first of them, by their class.
        """
        objects: dict[Class, list[cst.BaseExpression]] = {}
        for node in (*module.loads, *module.attributes, *module.calls):
            place = _given_away(module, node)
            if place is None:
                continue
            values = self.inference.evaluate(node, module.scopes[node])
            is_object = self._has_async_call(values)
            if not self._is_turned(values) and not (is_object and not _is_self(module, node)):
                continue
            if not self._is_welcome(module, place) or (is_object and self._is_registered(module, place)):
                if is_object and not isinstance(module.scopes[node].owner, Function):
                    cls = next(value.cls for value in values if isinstance(value, ObjectValue))
                    objects.setdefault(cls, []).append(node)
                    continue
                what = module.code(node)
                do = _AS_A_FUNCTION if is_object else "See that whoever calls it awaits it"
                call = module.parent(place)
                if isinstance(call, cst.Call):
                    names = self.inference.externals(call.func, module.scopes[call])
                    if "threading.Thread" in names:
                        do = f"Use `app.add_background_task({what}, ...)`"
                yield todo(node, what, "it is async now, and is passed on to be called elsewhere", do, raises=True)
        for cls, found in objects.items():
            why = f"the `__call__` of `{cls.node.name.value}` is async now, and it is passed on{_others(found)}"
            first = min(found, key=module.line)
            yield todo(first, module.code(first), why, _AS_A_FUNCTION, raises=True)

    def _is_turned(self, values: Values) -> bool:
        return any(isinstance(value, FunctionValue) and value.function in self.awaits.made_async for value in values)

    def _has_async_call(self, values: Values) -> bool:
        """Whether it is an object of the project whose ``__call__`` became async."""
        return self._is_turned(
            self.inference.called(frozenset(each for each in values if isinstance(each, ObjectValue)))
        )

    def _is_registered(self, module: Module, place: cst.CSTNode) -> bool:
        """Whether Quart is given it."""
        call = module.parent(place)
        return isinstance(call, cst.Call) and bool(self.inference.externals(call.func, module.scopes[call]) & api.HOOKS)

    def _unresolved(self, module: Module) -> Iterator[Complaint]:
        """Calls of a method of the name of one that became async, on an object of which nothing is known."""
        for call in module.calls:
            if isinstance(module.parent(call), cst.Await) or not self._is_unknown(module, call.func):
                continue
            if self._is_of_a_command(module, call):
                continue
            method = self._possible_method(module, call)
            if method is not None:
                what = module.code(call.func)
                why = f"it may be `{method}`, which is async now"
                yield todo(call, what, why, "Await it if it is", raises=is_silent(module, call))

    def _is_of_a_command(self, module: Module, call: cst.Call) -> bool:
        """Whether a command of setuptools asks it of an object that another package gave it."""
        owner = module.scopes[call].owner
        if not isinstance(owner, Function) or owner.cls is None or not isinstance(call.func, cst.Attribute):
            return False
        given = self.inference.evaluate(call.func.value, module.scopes[call])
        return bool(given) and self.off_loop.is_command(owner.cls)

    def _is_unknown(self, module: Module, node: cst.BaseExpression) -> bool:
        """Whether nothing is known of it, or only which call of another package gives it: perhaps an object of ours."""
        values = self.inference.evaluate(node, module.scopes[node])
        return all(isinstance(value, External) and _may_be_ours(value.name) for value in values)

    def _possible_method(self, module: Module, call: cst.Call) -> str | None:
        """A method that became async, and that *call* may call: by its name, or under a computed name."""
        match call.func:
            case cst.Attribute(attr=cst.Name(value=name)):
                return next((whose for whose, method in self.methods.get(name, ()) if _fits(method, call)), None)
            case cst.Call(func=cst.Name(value="getattr"), args=[cst.Arg(value=owner), *_]):
                owners = self.inference.evaluate(owner, module.scopes[call])
                if not owners and is_tested(module, call):
                    return next((whose for methods in self.methods.values() for whose, _ in methods), None)
                own = {value.cls for value in owners if isinstance(value, ObjectValue | ClassValue)}
                return next((whose for each in self.methods.values() for whose, of in each if of.cls in own), None)
        return None

    def _called_elsewhere(self, module: Module) -> Iterator[Complaint]:
        """Methods that became async, in classes that come from packages which may call them: a coroutine is a yes."""
        for function in module.functions if not module.is_of_tests else ():
            if function.cls is None or function not in self.awaits.made_async:
                continue
            if self.awaits.awaited_validator(function) is not None:
                continue
            strange = sorted(base for base in self.inference.lost_bases(function.cls) if not base.endswith(_ROW))
            is_ours = function.name in self.mentioned and not _GUARD.match(function.name)
            if not strange and not is_ours:
                bases = self.inference.external_bases(function.cls)
                strange = sorted(base for base in bases if self._may_call(base, function.name))
            if strange:
                what = f"{function.cls.node.name.value}.{function.name}"
                is_task = strange[0].startswith(WORKERS)
                do = _IN_A_WORKER if is_task else "See that it is awaited there"
                why = f"it is async now, and `{strange[0]}` may call it"
                yield todo(function.node, what, why, do, raises=True)

    @staticmethod
    def _may_call(base: str, name: str) -> bool:
        if "." not in base or base.startswith((*_QUIET, *_MODELS)) or name in api.AWAITED_METHODS.get(base, ()):
            return False
        return not is_looked_into(base) or name.startswith(_BY_NAME)

    def _overrides(self, module: Module) -> Iterator[Complaint]:
        """Methods that have to stay sync, while one that they are called in place of became async."""
        for function, other in self.awaits.stay_sync.items():
            if function.module is module and not self.awaits.is_async(function):
                whose = f"{other.cls.node.name.value}.{other.name}" if other.cls is not None else other.name
                why = f"it has to stay sync, and is called in place of `{whose}`, which is async now"
                yield todo(function.node, function.name, why, "Make both async, or give them two names")

    def _is_welcome(self, module: Module, place: cst.CSTNode) -> bool:
        if isinstance(place, cst.Assign):
            return all(self._is_followed(module, each.target) for each in place.targets)
        for around in (place, *module.ancestors(place)):
            if isinstance(around, cst.Call) and dotted_name(around.func) != "dict":
                return self._may_take(module, around, place)
            if isinstance(around, cst.Assign):
                if any(dotted_name(each.target) == "decorators" for each in around.targets):
                    return isinstance(module.scopes[place].owner, Class)
                return _is_unpacked(around)
            if isinstance(around, cst.BaseStatement | cst.Return):
                break
        owner = module.scopes[place].owner
        return isinstance(owner, Function) and any(  # what it returns is called by templates, which await
            name.endswith("context_processor")
            for decorator in owner.decorators
            for name in self.inference.externals(decorator, owner.outer)
        )

    def _is_followed(self, module: Module, target: cst.BaseExpression) -> bool:
        """Whether it is known what *target* stands for when it is called."""
        if isinstance(target, cst.Subscript):
            table = target.value.value if isinstance(target.value, cst.Subscript) else target.value
            return bool(self.inference.externals(table, module.scopes[target]) & api.AWAITED_TABLES)
        if not isinstance(target, cst.Attribute):
            return True
        name = target.attr.value
        owners = self.inference.evaluate(target.value, module.scopes[target])
        return (
            name in api.AWAITED_CALLBACKS
            or (name.startswith("__") and name.endswith("__"))
            or External("quart.g") in owners
            or any(isinstance(owner, ObjectValue | ClassValue) for owner in owners)
        )

    def _may_take(self, module: Module, call: cst.Call, place: cst.CSTNode) -> bool:
        """Whether *call* may be given an async function: what it does with that is known, or it awaits that."""
        names = self.inference.externals(call.func, module.scopes[call])
        if names & (api.HOOKS | api.WELCOME) or self.awaits.registers(module, call):
            return True
        if any(name.startswith(_AWAITING) and not name.startswith(_KEPT) for name in names):
            return True
        functions = self.awaits.initialised(module, call)
        return bool(functions) and all(_has_parameter(each, call, place) for each in functions)

    def _contexts(self, module: Module) -> Iterator[Complaint]:
        for statement in module.withs:
            if statement in self.awaits.startup:
                yield check(statement, module.code(statement.items[0].item), _AT_THE_START, _IN_TESTS)
            kinds = {
                value.kind
                for item in statement.items
                for value in self.inference.evaluate(item.item, module.scopes[item])
                if isinstance(value, Instance)
            }
            if api.CLIENT in kinds:
                for name in m.findall(statement.body, m.Name("g")):
                    if self._is_g(module, name):
                        yield todo(name, "g", "Quart's test client keeps the request and the session, not `g`",
                                   "Assert on what the response shows")  # fmt: skip
                        break

    def _is_g(self, module: Module, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.Name) or node not in module.scopes:
            return False
        return canonical(imported_as(module, node) or "g") == "quart.g"

    def _loaders(self, module: Module) -> Iterator[Complaint]:
        for function in module.functions:
            names = {name for each in function.decorators for name in self.inference.externals(each, function.outer)}
            if not names & {f"{api.MANAGER}.user_loader", f"{api.MANAGER}.request_loader"}:
                continue
            for name in m.findall(function.node.body, m.Name("g")):
                if self._is_g(module, name):
                    yield check(name, "g", "the loader runs before every `before_request` function",
                                "Let it open what it needs itself")  # fmt: skip
                    break

    def _bodies(self, module: Module) -> Iterator[Complaint]:
        """Reading a body where Quart passes on what ``abort`` made, which is Werkzeug's response."""
        after = {
            function
            for name, functions in self.inference.hooks.items()
            if api.GIVEN[name] == api.RESPONSE
            for function in functions
        }
        for attribute in module.attributes:
            owner = module.scopes[attribute].owner
            if not isinstance(owner, Function) or owner not in after:
                continue
            conditions = [each.test for each in module.ancestors(attribute) if isinstance(each, cst.If)]
            if any(m.findall(condition, m.Call(func=m.Name("isinstance"))) for condition in conditions):
                continue
            response = owner.parameters[0].name.value
            if dotted_name(attribute) in (f"{response}.{name}" for name in ("data", "json", "get_data", "get_json")):
                yield todo(attribute, module.code(attribute),
                           "the answer of an `abort` arrives here as Werkzeug's response, whose body is not awaited",
                           "Leave that one alone: `if isinstance(response, Response):`, from quart")  # fmt: skip

    def _json(self, module: Module) -> Iterator[Complaint]:
        """Reading JSON that may be none, once a file: Flask refuses it with 415, ``silent`` and ``force`` excepted."""
        found = []
        for attribute in module.attributes:
            call = module.parent(attribute)
            if isinstance(call, cst.Call) and call.args:
                continue
            names = self.inference.externals(attribute, module.scopes[attribute])
            if names & {f"{api.REQUEST}.json", f"{api.REQUEST}.get_json"}:
                found.append(attribute)
        if found:
            why = f"it is None if the Content-Type is not JSON, where Flask answers 415{_others(found)}"
            yield check(found[0], module.code(found[0]), why, "Refuse None: `abort(415)`")

    def _strings(self, module: Module) -> Iterator[Complaint]:
        for string in module.strings:
            value = string.evaluated_value
            if not isinstance(value, str):
                continue
            for attribute in sorted(asked_for_in(value)):
                yield todo(string, f"request.{attribute}", NOT_AWAITED, GIVE_IT.format(attribute))
            if value == "LOGIN_DISABLED" and _is_switched_on(module, string):
                yield check(string, value, "Flask-Login has removed it: it warns",
                             "Log in with `compat.LoginClient` in tests")  # fmt: skip
            elif value.lower() == _FORWARDED.lower():
                yield check(string, value, "anybody can send this header",
                             "Use `request.remote_addr` behind Hypercorn's ProxyFixMiddleware")  # fmt: skip
            elif _FLASK_NAME.fullmatch(value):
                yield check(string, value, "it may name a module that this port no longer uses",
                             f"Perhaps it is {canonical(value)!r} now")  # fmt: skip

    def _is_read(self, name: str) -> bool:
        """Whether the project itself reads the attribute, as Flask-Login does with the others."""
        return name in self.mentioned or self.templates.mention(name)

    def _is_of_users(self, cls: Class) -> bool:
        """Whether it is a class of users: it comes from one, or has more that only a user has."""
        own = cls.scope.bound.keys() & {"is_authenticated", "get_id"}
        return bool(own) or not self.inference.external_bases(cls).isdisjoint(api.USERS)

    def _methods_of_users(self, module: Module) -> Iterator[Complaint]:
        """What Flask-Login reads as an attribute, and a class has as a method, which is true."""
        for function in module.functions:
            if function.cls is not None and function.name in _PROPERTIES and not function.decorators:
                if function.name != "is_authenticated" and not self._is_of_users(function.cls):
                    continue
                if function.name == "is_anonymous" and not self._is_read(function.name):
                    continue
                what = f"{function.cls.node.name.value}.{function.name}"
                why = "it is a method, and read without being called: a method is true"
                yield todo(function.node, what, why, "Add `@property`, and call it nowhere")


def _is_bound_in(scope: Scope, name: str, used_in: Scope) -> bool:
    """Whether *name* means in *used_in* what *scope* binds: no scope between them binds it for itself."""
    around = used_in.elsewhere.get(name, used_in)
    while around is not scope and (name not in around.bound or (around is not used_in and around.is_class)):
        if around.parent is None:
            return False
        around = around.parent
    return around is scope


def _given_away(module: Module, node: cst.CSTNode) -> cst.CSTNode | None:
    """Where the value of *node* goes, if it is an argument, a part of a table, or is put into something."""
    around = module.parent(node)
    while isinstance(around, cst.BooleanOperation | cst.IfExp):
        if isinstance(around, cst.IfExp) and around.test is node:
            return None
        node, around = around, module.parent(around)
    match around:
        case cst.Arg() | cst.DictElement() | cst.Element():
            return around
        case cst.Assign(value=value) if value is node:
            return around
    return None


def _is_self(module: Module, node: cst.CSTNode) -> bool:
    """Whether it is the object of the method that it stands in."""
    owner = module.scopes[node].owner
    if not isinstance(owner, Function) or owner.cls is None or not owner.parameters:
        return False
    return isinstance(node, cst.Name) and node.value == owner.parameters[0].name.value


def _is_unpacked(assign: cst.Assign) -> bool:
    """Whether what stands in its tuple is given to names, one by one."""
    parts = assign.value.elements if isinstance(assign.value, cst.Tuple | cst.List) else ()
    return bool(parts) and all(
        isinstance(each.target, cst.Tuple | cst.List) and len(each.target.elements) == len(parts)
        for each in assign.targets
    )


def _has_parameter(function: Function, call: cst.Call, place: cst.CSTNode) -> bool:
    """Whether *function* has a parameter of its own for the argument *place*, apart from ``*args`` and ``**kwargs``."""
    names = [param.name.value for param in function.parameters]
    for number, arg in enumerate(call.args):
        if arg is place:
            return dotted_name(arg.keyword) in names if arg.keyword is not None else number < len(names)
    return False


def _others(found: Sequence[object]) -> str:
    """How many places there are besides the first, which is named."""
    return f", and in {len(found) - 1} more places of this file" if len(found) > 1 else ""


def _may_be_ours(name: str) -> bool:
    """Whether *name*, of another package, may be an object of ours that a call gave back: no template, no loop."""
    if "()" not in name or _GIVES_TEMPLATES.search(name) or _GIVES_LOOPS.search(name):
        return name.startswith("compat.current_user.")
    root = name.partition(".")[0].partition("(")[0]
    is_builtin = root in sys.stdlib_module_names or hasattr(builtins, root)
    return root in _GIVES_ANYTHING if is_builtin else True


def _fits(method: Function, call: cst.Call) -> bool:
    """Whether *method* takes as many arguments as the *call* has."""
    params = method.node.params
    given = [arg for arg in call.args if not arg.star]
    if len(given) != len(call.args) or params.star_kwarg is not None or isinstance(params.star_arg, cst.Param):
        return True
    names = [param.name.value for param in method.parameters][1:]
    needed = [param.name.value for param in method.parameters if param.default is None][1:]
    named = {dotted_name(arg.keyword) for arg in given if arg.keyword is not None}
    return len(given) <= len(names) and named <= {*names} and len(given) >= len(needed)


def _is_switched_on(module: Module, name: cst.BaseExpression) -> bool:
    """Whether the setting *name* is given a value, and one that is not False."""
    for around in module.ancestors(name):
        match around:
            case cst.DictElement(key=key, value=value) if key is name:
                return dotted_name(value) != "False"
            case cst.Assign(targets=targets, value=value):
                return any(isinstance(each.target, cst.Subscript) for each in targets) and dotted_name(value) != "False"
            case cst.Call() | cst.BaseStatement():
                return False
    return False


def _says_its_scope(call: cst.Call) -> bool:
    return len(call.args) > 1 or any(arg.star or dotted_name(arg.keyword) == "scopefunc" for arg in call.args)


def _imported(module: Module, node: cst.Import | cst.ImportFrom) -> list[str]:
    """The dotted names of modules that *node* imports, or may: ``from a import b`` may import ``a.b``."""
    if isinstance(node, cst.Import):
        return [dotted_name(alias.name) for alias in node.names]
    if node.relative:
        return []
    source = imported_module(module, node)
    names = () if isinstance(node.names, cst.ImportStar) else node.names
    return [source, *(f"{source}.{dotted_name(alias.name)}" for alias in names)]
