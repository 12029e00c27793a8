"""Calls that Quart wants in another form: the test client's, those of commands, forms, streams and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import libcst as cst

from . import quart_api as api
from .awaits import Awaits
from .clients import port_arguments
from .commands import runs_tests
from .findings import Complaint, todo
from .forwarding import CLIENT_CALLS
from .program import Function, Instance, Module, dotted_name
from .rewrite import Rewrite, keyword, name_of, separate
from .templates import GIVE_IT, Templates

_RENDER = {"quart.render_template", "quart.stream_template"}


class Calls:
    """The calls of one file."""

    def __init__(
        self, module: Module, awaits: Awaits, templates: Templates, forwarders: set[Function], rewrite: Rewrite
    ) -> None:
        self.module = module
        self.awaits = awaits
        self.inference = awaits.inference
        self.templates = templates
        self.forwarders = forwarders
        self.rewrite = rewrite

    def port(self) -> Iterator[Complaint]:
        """Change the calls of the file."""
        for call in self.module.calls:
            names = self.inference.externals(call.func, self.module.scopes[call])
            if call in self.awaits.forms:
                self.rewrite.change(call, _as_create_form)
            if call in self.awaits.streams:
                self.rewrite.change(call, _unwrap_stream)
            if names & CLIENT_CALLS or self.awaits.targets(call) & self.forwarders:
                yield from self._port_client_call(call)
            self._port_by_name(call, names)
            if names & _RENDER and not self.module.is_test:
                yield from self._rendered_by_computed_name(call)

    def _port_by_name(self, call: cst.Call, names: set[str]) -> None:
        if f"{api.APP}.test_request_context" in names and not (call.args and call.args[0].keyword is None):
            path = cst.Arg(cst.SimpleString('"/"'))
            if not any(arg.keyword is not None and arg.keyword.value == "path" for arg in call.args):
                self.rewrite.change(call, lambda updated: updated.with_changes(args=separate([path, *updated.args])))
        if names & {f"{api.CLIENT}.set_cookie", f"{api.CLIENT}.delete_cookie"}:
            self._port_cookie(call, 2 if f"{api.CLIENT}.set_cookie" in names else 1)
        if names & set(api.COMMANDS) and self._needs_context(call):
            asked = keyword("with_appcontext", cst.Name("True"))
            self.rewrite.change(call, lambda updated: updated.with_changes(args=separate([*updated.args, asked])))
        if names & {f"{api.APP}.open_resource", f"{api.APP}.open_instance_resource"}:
            self._port_open(call)
        if "quart.render_template" in names and call in self.awaits.awaited:
            self._give_request(call)

    def _needs_context(self, call: cst.Call) -> bool:
        """Whether the command that *call* registers says nothing of a context yet, and does not run tests."""
        if any(dotted_name(arg.keyword) == "with_appcontext" for arg in call.args):
            return False
        registered = (function for function in self.module.functions if call in function.decorators)
        return not any(runs_tests(self.inference, function) for function in registered)

    def _give_request(self, call: cst.Call) -> None:
        """Give a template what it would have to await."""
        first = call.args[0].value if call.args else None
        name = first.evaluated_value if isinstance(first, cst.SimpleString) else None
        for attribute in sorted(self.templates.needs(name) if isinstance(name, str) else ()):
            awaited = cst.Await(name_of(f"request.{attribute}"))
            given = keyword(f"request_{attribute}", awaited)
            self.rewrite.change(call, partial(_with_argument, given))
            self.rewrite.need_import("quart", "request")

    def _rendered_by_computed_name(self, call: cst.Call) -> Iterator[Complaint]:
        """A call that may render a template which asks for what has to be awaited."""
        first = call.args[0].value if call.args else None
        asking = {} if first is None or isinstance(first, cst.SimpleString) else self.templates.asking(_fitting(first))
        if asking:
            attributes = sorted({f"request.{attribute}" for each in asking.values() for attribute in each})
            names = ", ".join(asking)
            why = f"if it is one of {names}, it has to be given {', '.join(attributes)}, which templates cannot await"
            yield todo(call, self.module.code(call), why, GIVE_IT.format(attributes[0].partition(".")[2]))

    def _port_client_call(self, call: cst.Call) -> Iterator[Complaint]:
        scope = self.module.scopes[call]

        def is_dict(value: cst.BaseExpression) -> bool:
            return Instance("dict") in self.inference.evaluate(value, scope)

        ported, problems = port_arguments(tuple(call.args), is_dict)
        if [arg.keyword and arg.keyword.value for arg in ported] != [
            arg.keyword and arg.keyword.value for arg in call.args
        ]:
            self.rewrite.change(call, lambda updated: _with_arguments(updated, is_dict, call))
        for argument, do in problems:
            yield todo(call, f"{argument}=", "Quart's test client does not take it as Flask's does", do)

    def _port_cookie(self, call: cst.Call, flasks: int) -> None:
        positional = [arg for arg in call.args if arg.keyword is None]
        named = {dotted_name(arg.keyword): arg.value for arg in call.args}
        if not positional or len(positional) + ("value" in named) != flasks:
            return
        host = named.get("domain", cst.SimpleString('"localhost"'))

        def as_quarts(updated: cst.Call) -> cst.Call:
            kept = [arg for arg in updated.args if dotted_name(arg.keyword) not in ("domain", "origin_only")]
            kept[-1] = kept[-1].with_changes(comma=updated.args[-1].comma)
            return updated.with_changes(args=separate([cst.Arg(host), *kept]))

        self.rewrite.change(call, as_quarts)

    def _port_open(self, call: cst.Call) -> None:
        """Read a file of the package as Flask does: that is no reason to become async."""
        if not isinstance(call.func, cst.Attribute) or isinstance(self.module.parent(call), cst.Await):
            return
        folder = "root_path" if call.func.attr.value == "open_resource" else "instance_path"

        def as_open(updated: cst.Call) -> cst.Call:
            owner = cst.ensure_type(updated.func, cst.Attribute).value
            name, *others = updated.args
            path = cst.Call(
                name_of("os.path.join"),
                separate(
                    [
                        cst.Arg(cst.Attribute(owner, cst.Name(folder))),
                        cst.Arg(name.value),
                    ]
                ),
            )
            mode = [] if others else [cst.Arg(cst.SimpleString('"rb"'))]
            return cst.Call(cst.Name("open"), separate([cst.Arg(path), *mode, *others]))

        self.rewrite.change(call, as_open)
        self.rewrite.need_import("os")


def _as_create_form(call: cst.Call) -> cst.Call:
    return call.with_changes(func=cst.Attribute(call.func, cst.Name("create_form")))


def _with_argument(new: cst.Arg, call: cst.Call) -> cst.Call:
    return call.with_changes(args=separate([*call.args, new]))


def _unwrap_stream(call: cst.Call) -> cst.Call:
    """``stream_with_context(generate(x))`` becomes ``stream_with_context(generate)(x)``."""
    inner = call.args[0].value
    if isinstance(inner, cst.Await):
        inner = inner.expression
    made = cst.ensure_type(inner, cst.Call)
    return call.with_changes(func=call.with_changes(args=[cst.Arg(made.func)]), args=made.args)


def _with_arguments(updated: cst.Call, is_dict: Any, original: cst.Call) -> cst.Call:
    """The ported arguments; whether data is a dict is asked of the original nodes, which are known."""
    known = {id(after.value): before.value for before, after in zip(original.args, updated.args, strict=True)}
    ported, _ = port_arguments(tuple(updated.args), lambda value: is_dict(known[id(value)]))
    return updated.with_changes(args=ported)


def _fitting(name: cst.BaseExpression) -> re.Pattern[str]:
    """What a computed name may be: of a formatted text, its own parts are known."""
    if not isinstance(name, cst.FormattedString):
        return re.compile(".*")
    return re.compile(
        "".join(re.escape(part.value) if isinstance(part, cst.FormattedStringText) else ".*" for part in name.parts)
    )
