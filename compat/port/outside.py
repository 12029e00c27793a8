"""Whether a class of another package calls a method itself; an override of that has to stay sync."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from inspect import iscoroutinefunction

#: Packages whose classes are looked into: they are installed with the assistant.
_LOOKED_INTO = {"click", "compat", "jinja2", "quart", "werkzeug", "wtforms"}
#: Methods that subclasses may make async, because their callers await them after the port.
_AWAITED = {"wtforms.Form.validate", "wtforms.form.Form.validate", "wtforms.form.BaseForm.validate"}


def is_looked_into(base: str) -> bool:
    """Whether *base* is a class of a package whose classes can be looked into."""
    return base.partition(".")[0] in sys.stdlib_module_names - {"unittest", "this", "antigravity"} | _LOOKED_INTO


@cache
def calls_method(base: str, name: str) -> bool:
    """Whether *base*, a class of another package, has a sync method *name*: then it is called from there, too."""
    module, _, cls = base.rpartition(".")
    if base == "type":
        return name == "__call__"
    if not is_looked_into(base):
        return False
    try:
        found = getattr(import_module(module), cls, None)
    except ImportError:
        return False
    own = (vars(each) for each in getattr(found, "__mro__", ()) if each is not object)
    method = next((each[name] for each in own if name in each), None)
    is_awaited = iscoroutinefunction(method) or f"{base}.{name}" in _AWAITED
    return callable(getattr(method, "__func__", method)) and not is_awaited
