"""Strings that name what is different on Quart: attributes, settings, headers and modules."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from .findings import Complaint, check, todo
from .names import canonical
from .program import Module, dotted_name
from .templates import GIVE_IT, NOT_AWAITED, asked_for_in

_FORWARDED = "X-Forwarded-For"
_FLASK_NAME = re.compile(r"flask(_login|_wtf)?\.[a-z_.]+\w")
#: The source of such a string contains this, or a backslash that may stand for it. Evaluating all strings is slow.
_MAY_MATTER = re.compile(r"\\|request\.|LOGIN_DISABLED|X-Forwarded-For|flask", re.IGNORECASE)


def find_strings(module: Module) -> Iterator[Complaint]:
    """The remarks about the strings of one file."""
    for string in module.strings:
        if not _MAY_MATTER.search(string.value):
            continue
        value = string.evaluated_value
        if not isinstance(value, str):
            continue
        for attribute in sorted(asked_for_in(value)):
            yield todo(string, f"request.{attribute}", NOT_AWAITED, GIVE_IT.format(attribute))
        if value == "LOGIN_DISABLED" and _is_switched_on(module, string):
            yield check(string, value, "Flask-Login has removed it: it warns",
                         "Log in with `compat.LoginClient` in tests")  # fmt: skip
        elif value.lower() == _FORWARDED.lower():
            yield check(string, value, "any client can send this header",
                         "Use `request.remote_addr` behind Hypercorn's ProxyFixMiddleware")  # fmt: skip
        elif _FLASK_NAME.fullmatch(value):
            yield check(string, value, "it may name a module that this port no longer uses",
                         f"Perhaps it is {canonical(value)!r} now")  # fmt: skip


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
