"""What works after the port and may mean something else, and what no rewriting can settle."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
from libcst import matchers as m

from . import quart_api as api
from .awaits import Awaits, functions_below
from .blocking import blocking
from .extensions import advice
from .findings import Complaint, check, todo
from .imports import imported_as
from .names import canonical
from .patches import find_patches
from .program import (
    Class,
    ClassValue,
    Function,
    FunctionValue,
    Instance,
    Module,
    ObjectValue,
    dotted_name,
    imported_module,
)
from .servers import find_wsgi
from .silence import is_silent, is_tested
from .templates import GIVE_IT, NOT_AWAITED, asked_for_in

#: Said of an extension once, with all files that import it.
NOT_PORTED = "it is made for Flask, and is not ported"
_QUIET = ("pytest", "quart.", "compat.", "unittest.", "functools.", "typing.", "click.", "hypothesis.", "asyncio.")
_FORWARDED = "X-Forwarded-For"
_PROXY_FIX = "werkzeug.middleware.proxy_fix.ProxyFix"
_AT_THE_START = "it is `before_serving` now: it runs at the start, once a process"
_IN_TESTS = "In tests it runs inside `async with app.test_app():` only"
#: Methods of everything: their name tells nothing.
_COMMON = {*dir(dict), *dir(list), *dir(set), *dir(str), *dir(bytes), *api.VERBS}
#: Packages whose workers call functions without awaiting them.
_WORKERS = ("celery", "rq.", "flask_rq", "huey", "dramatiq", "apscheduler")
_IN_A_WORKER = "A worker does not await it: keep it sync, with `asyncio.run(...)` around what is to be awaited"
#: What is read of a user without a call.
_PROPERTIES = {"is_active", "is_anonymous", "is_authenticated"}
_FLASK_NAME = re.compile(r"flask(_login|_wtf)?\.[a-z_.]+\w")


class Hazards:
    """What to say about a project, apart from what is left over from rewriting it."""

    def __init__(self, awaits: Awaits) -> None:
        self.awaits = awaits
        self.inference = awaits.inference
        functions = (function for module in self.inference.modules for function in module.functions)
        self.on_the_loop = functions_below(
            awaits, (each for each in functions if awaits.is_async(each) and not each.module.is_test)
        )

        self.is_set_up = any(
            string.evaluated_value == "REMEMBER_COOKIE_ISSUE"
            for module in self.inference.modules
            for string in module.strings
        )
        self.mentioned = {attribute.attr.value for module in self.inference.modules for attribute in module.attributes}
        self.methods = {
            function.name: f"{function.cls.node.name.value}.{function.name}"
            for function in awaits.made_async
            if function.cls is not None and function.name not in _COMMON and not function.module.is_test
        }

    def find(self, module: Module) -> Iterator[Complaint]:
        """All there is to say about one file."""
        yield from self._imports(module)
        yield from self._calls(module)
        yield from self._set_up(module)
        yield from self._blocking(module)
        yield from self._decorators(module)
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

    def _imports(self, module: Module) -> Iterator[Complaint]:
        for node in module.imports:
            for name in _imported(module, node):
                package = name.partition(".")[0]
                do = None if package in self.inference.by_name else advice(name)
                if do is not None:
                    what = package if advice(package) is not None else name
                    yield todo(node, what, NOT_PORTED, do)
                    break

    def _calls(self, module: Module) -> Iterator[Complaint]:
        for call in module.calls:
            scope = module.scopes[call]
            names = self.inference.externals(call.func, scope)
            if f"{api.APP}.run" in names:
                yield check(call, module.code(call), "it is a server for development",
                             "Serve with Hypercorn: `hypercorn module:app`")  # fmt: skip
            if "threading.local" in names:
                yield check(call, module.code(call), "all requests share one thread now",
                             "Use `quart.g`, or a `contextvars.ContextVar`")  # fmt: skip
            if "sqlalchemy.orm.scoped_session" in names and not _says_its_scope(call):
                yield todo(call, module.code(call), "it gives each thread a session, and all requests share one thread",
                            "Give each request its own, with `g` from quart: "
                            "`scopefunc=lambda: id(g._get_current_object())`")  # fmt: skip
            if "threading.Thread" in names and not module.is_test:
                yield check(call, module.code(call), "a thread has neither the request nor `current_user`",
                             "Use `app.add_background_task(...)`, and give it the values that it needs")  # fmt: skip
            if names & {"asyncio.run", "asyncio.new_event_loop"} and scope.owner in self.on_the_loop:
                yield todo(call, module.code(call), "no loop can be run inside the loop", "Await the coroutine")
            if names & {f"{owner}.before_first_request" for owner in (api.APP, api.BLUEPRINT)}:
                yield self._first_request(call)

    def _set_up(self, module: Module) -> Iterator[Complaint]:
        """What keeps logins valid: the steps of the guide that no rewriting does."""
        for call in module.calls:
            names = self.inference.externals(call.func, module.scopes[call])
            if _PROXY_FIX in names:
                do = "Put Hypercorn's ProxyFixMiddleware around the application that is served"
                if any(dotted_name(arg.keyword) == "x_prefix" for arg in call.args):
                    do += "; it knows no prefix: start Hypercorn with `--root-path /prefix`"
                yield todo(call, module.code(call), "it is WSGI middleware", do)
            if api.MANAGER in names and not module.is_test and not self.is_set_up:
                yield check(call, module.code(call), "logins go on if key, cookies and client addresses stay the same",
                            "See steps 4 and 5 of the guide: keep SECRET_KEY, set REMEMBER_COOKIE_ISSUE while both "
                            "applications run, and add ProxyFixMiddleware behind a proxy")  # fmt: skip

    def _first_request(self, node: cst.CSTNode) -> Complaint:
        return check(node, "before_first_request", _AT_THE_START, _IN_TESTS)

    def _blocking(self, module: Module) -> Iterator[Complaint]:
        """Each kind of blocking call once, at its first place in the module, with the number of the others."""
        places: dict[tuple[str, str], list[tuple[cst.Call, Function]]] = {}
        for call in module.calls:
            owner = module.scopes[call].owner
            if isinstance(owner, Function) and owner in self.on_the_loop:
                names = sorted(self.inference.externals(call.func, module.scopes[call]))
                for known in dict.fromkeys(filter(None, map(blocking, names))):
                    places.setdefault(known, []).append((call, owner))
        for (what, instead), found in places.items():
            call, owner = found[0]
            others = f", and in {len(found) - 1} more places of this file" if len(found) > 1 else ""
            why = f"it blocks, and every other request waits until `{owner.name}` goes on{others}"
            yield check(call, what, why, f"Use {instead}; until then it works as it did, one request at a time")

    def _decorators(self, module: Module) -> Iterator[Complaint]:
        for function in module.functions:
            for decorator in function.decorators if function in self.awaits.made_async else ():
                names = self.inference.externals(decorator, function.outer)
                if f"{api.APP}.before_first_request" in names and isinstance(decorator, cst.Attribute):
                    yield self._first_request(decorator)
                strange = {
                    name
                    for name in names
                    if name not in api.HOOKS | api.WELCOME and not name.startswith((*_QUIET, *api.WELCOME))
                }
                if strange:
                    what = f"@{module.code(decorator)}"
                    why = f"`{function.name}` is async now, and this decorator may call it without awaiting"
                    is_task = any(name.startswith(_WORKERS) for name in strange)
                    do = _IN_A_WORKER if is_task else "See that it takes async functions"
                    if self.awaits.is_hook(function) or function.cls is not None or module.is_test:
                        yield check(decorator, what, why, do)
                    else:  # what it is registered for would get a coroutine, which is true
                        yield todo(function.node, what, why, do, raises=True)

    def _passed_on(self, module: Module) -> Iterator[Complaint]:
        """Functions that became async, and are given to somebody who will call them unseen."""
        for node in (*module.loads, *module.attributes):
            arg = module.parent(node)
            if not isinstance(arg, cst.Arg | cst.DictElement | cst.Element):
                continue
            values = self.inference.evaluate(node, module.scopes[node])
            turned = [
                value.function
                for value in values
                if isinstance(value, FunctionValue) and value.function in self.awaits.made_async
            ]
            if turned and not self._is_welcome(module, arg):
                what = module.code(node)
                do = "See that whoever calls it awaits it"
                call = module.parent(arg)
                if isinstance(call, cst.Call):
                    names = self.inference.externals(call.func, module.scopes[call])
                    if "threading.Thread" in names:
                        do = f"Use `app.add_background_task({what}, ...)`"
                yield todo(node, what, "it is async now, and is passed on to be called elsewhere", do, raises=True)

    def _unresolved(self, module: Module) -> Iterator[Complaint]:
        """Calls of a method of the name of one that became async, on an object of which nothing is known."""
        for call in module.calls:
            if isinstance(module.parent(call), cst.Await) or self.inference.evaluate(call.func, module.scopes[call]):
                continue
            method = self._possible_method(module, call)
            if method is not None:
                what = module.code(call.func)
                why = f"it may be `{method}`, which is async now"
                yield todo(call, what, why, "Await it if it is", raises=is_silent(module, call))

    def _possible_method(self, module: Module, call: cst.Call) -> str | None:
        """A method that became async, and that *call* may call: by its name, or under a computed name."""
        match call.func:
            case cst.Attribute(attr=cst.Name(value=name)):
                return self.methods.get(name)
            case cst.Call(func=cst.Name(value="getattr"), args=[cst.Arg(value=owner), *_]):
                owners = self.inference.evaluate(owner, module.scopes[call])
                if not owners and is_tested(module, call):
                    return next(iter(self.methods.values()), None)
                own = [value.cls for value in owners if isinstance(value, ObjectValue | ClassValue)]
                return next((each for each in self.methods.values() if each.partition(".")[0] in _names(own)), None)
        return None

    def _called_elsewhere(self, module: Module) -> Iterator[Complaint]:
        """Methods that became async, that nobody here calls, in classes that come from other packages."""
        for function in module.functions:
            awaited = function in self.awaits.made_async and self.awaits.awaited_validator(function) is None
            if awaited and function.name not in self.mentioned and not module.is_test:
                bases = self.inference.external_bases(function.cls) if function.cls is not None else set()
                strange = sorted(base for base in bases if self._may_call(base, function.name))
                if strange:
                    what = f"{function.cls.node.name.value}.{function.name}" if function.cls is not None else ""
                    is_task = strange[0].startswith(_WORKERS)
                    do = _IN_A_WORKER if is_task else "See that it is awaited there"
                    why = f"it is async now, and `{strange[0]}` may call it"
                    yield todo(function.node, what, why, do, raises=is_task)

    @staticmethod
    def _may_call(base: str, name: str) -> bool:
        return "." in base and not base.startswith(_QUIET) and name not in api.AWAITED_METHODS.get(base, ())

    def _overrides(self, module: Module) -> Iterator[Complaint]:
        """Methods that have to stay sync, while one that they are called in place of became async."""
        for function, other in self.awaits.stay_sync.items():
            if function.module is module and not self.awaits.is_async(function):
                whose = f"{other.cls.node.name.value}.{other.name}" if other.cls is not None else other.name
                why = f"it has to stay sync, and is called in place of `{whose}`, which is async now"
                yield todo(function.node, function.name, why, "Make both async, or give them two names")

    def _is_welcome(self, module: Module, arg: cst.CSTNode) -> bool:
        for around in (arg, *module.ancestors(arg)):
            if isinstance(around, cst.Call):
                names = self.inference.externals(around.func, module.scopes[around])
                if self.awaits.targets(around) or names & (api.HOOKS | api.WELCOME):
                    return True
                if any(name.startswith(_QUIET) for name in names):
                    return True
                return any(f"{api.APP}.jinja_env" in name for name in names)
            if isinstance(around, cst.BaseStatement | cst.Return):
                break
        owner = module.scopes[arg].owner
        if isinstance(owner, Function):  # what a context processor returns is called by templates, which await
            return any(
                name.endswith("context_processor")
                for decorator in owner.decorators
                for name in self.inference.externals(decorator, owner.outer)
            )
        return isinstance(owner, Class)

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
        """Reading JSON that may be none: Flask refuses it with 415, ``silent`` and ``force`` excepted."""
        for attribute in module.attributes:
            call = module.parent(attribute)
            if isinstance(call, cst.Call) and call.args:
                continue
            names = self.inference.externals(attribute, module.scopes[attribute])
            if names & {f"{api.REQUEST}.json", f"{api.REQUEST}.get_json"}:
                yield check(attribute, module.code(attribute),
                            "it is None if the Content-Type is not JSON, where Flask answers 415",
                            "Refuse None: `abort(415)`")  # fmt: skip

    def _strings(self, module: Module) -> Iterator[Complaint]:
        for string in module.strings:
            value = string.evaluated_value
            if not isinstance(value, str):
                continue
            for attribute in sorted(asked_for_in(value)):
                yield todo(string, f"request.{attribute}", NOT_AWAITED, GIVE_IT.format(attribute))
            if value == "LOGIN_DISABLED":
                yield check(string, value, "Flask-Login has removed it: it warns",
                             "Log in with `compat.LoginClient` in tests")  # fmt: skip
            elif value.lower() == _FORWARDED.lower():
                yield check(string, value, "anybody can send this header",
                             "Use `request.remote_addr` behind Hypercorn's ProxyFixMiddleware")  # fmt: skip
            elif _FLASK_NAME.fullmatch(value):
                yield check(string, value, "it may name a module that this port no longer uses",
                             f"Perhaps it is {canonical(value)!r} now")  # fmt: skip

    def _methods_of_users(self, module: Module) -> Iterator[Complaint]:
        """What Flask-Login reads as an attribute, and a class has as a method, which is true."""
        for function in module.functions:
            if function.cls is not None and function.name in _PROPERTIES and not function.decorators:
                what = f"{function.cls.node.name.value}.{function.name}"
                why = "it is a method, and read without being called: a method is true"
                yield todo(function.node, what, why, "Add `@property`, and call it nowhere")


def _names(classes: list[Class]) -> set[str]:
    return {cls.node.name.value for cls in classes}


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
