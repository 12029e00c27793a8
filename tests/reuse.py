"""What the applications of all tests have in common is compiled once in each process, and not once for each of them.

Most tests make an application of their own. Without this, much of their time is spent on compiling the same
routes, SQL, templates and schemas again. Nothing here is shared that an application can change.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from quart_schema import openapi
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from werkzeug.routing import Rule

from quart_app.application import Application

_STATEMENTS: dict[Any, Any] = {}  # compiled, by SQLAlchemy's keys
_CONVERSIONS: Any = weakref.WeakKeyDictionary()  # of values, by the types of columns


def compile_once() -> None:
    """Begin to reuse what was compiled."""
    _compile_url_builders_once()
    _compile_static_rules_once()
    registry.register("sqlite.aiosqlite", __name__, SharingDialect.__name__)
    Application.jinja_options = {**Application.jinja_options, "bytecode_cache": _Templates()}
    _describe_models_once()


def _compile_url_builders_once() -> None:
    """Reuse the URL builders of rules: Werkzeug compiles two for each rule, most of the time of ``create_app()``.

    What it generates depends on the text of the rule alone, but for defaults, and gets the rule itself as an argument.
    """
    compile_builder = Rule._compile_builder
    builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign, assignment]


def _compile_static_rules_once() -> None:
    """Reuse what Werkzeug compiles rules without variables to, which most are: half of the rest of ``create_app()``."""
    compile_rule = Rule.compile
    compiled: dict[tuple[str, bool | None], dict[str, Any]] = {}

    def compile_once(rule: Rule) -> None:
        assert rule.map is not None
        if "<" in rule.rule or rule.defaults or rule.subdomain or rule.map.host_matching:
            return compile_rule(rule)
        key = (rule.rule, rule.merge_slashes)
        if key not in compiled:
            compile_rule(rule)
            compiled[key] = {
                "_parts": tuple(rule._parts),
                "_trace": tuple(rule._trace),
                "_build": vars(rule)["_build"].__func__,
                "_build_unknown": vars(rule)["_build_unknown"].__func__,
            }
        known = compiled[key]
        rule._parts, rule._trace, rule._converters = list(known["_parts"]), list(known["_trace"]), {}
        rule._build, rule._build_unknown = known["_build"].__get__(rule), known["_build_unknown"].__get__(rule)
        return None

    Rule.compile = compile_once  # type: ignore[method-assign, assignment]


def _describe_models_once() -> None:
    """Reuse the JSON schemas of models, which take most of the time of an OpenAPI document."""
    describe = vars(openapi)["model_schema"]
    schemas: dict[tuple[object, ...], dict[str, Any]] = {}

    def describe_once(model: type[Any], **options: Any) -> dict[str, Any]:
        key = (model, *sorted(options.items()))
        if key not in schemas:
            schemas[key] = describe(model, **options)
        return deepcopy(schemas[key])

    vars(openapi)["model_schema"] = describe_once


class SharingDialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's dialect for aiosqlite, whose engines share the statements that they have compiled.

    A compiled statement belongs to its dialect, of which each engine has one. Here dialects with the same options are
    equal, and so are their keys in the cache.
    """

    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._type_memos = _CONVERSIONS
        self._options = {name: repr(value) for name, value in options.items() if name != "dbapi"}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharingDialect) and self._options == other._options

    def __hash__(self) -> int:
        return hash(SharingDialect)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Give a new engine the cache that all share."""
        super().engine_created(engine)
        engine.update_execution_options(compiled_cache=_STATEMENTS)


class _Templates(BytecodeCache):
    """A cache of the code of templates, by their names and their texts."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the code of a template, if there is any."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        self._codes[bucket.key, bucket.checksum] = bucket.code
