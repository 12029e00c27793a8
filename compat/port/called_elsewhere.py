"""Finds methods that became async and that other packages, or a base class, may call without awaiting them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import quart_api as api
from .awaits import Awaits
from .decorated import QUIET
from .findings import Complaint, todo
from .off_loop import IN_A_WORKER, WORKERS
from .outside import is_looked_into
from .program import Module

#: Classes of rows and documents: what a subclass adds is called by the project, and by templates.
_MODELS = ("flask_sqlalchemy.", "sqlalchemy.", "mongoengine.", "flask_mongoengine.", "peewee.", "pydantic.")
#: The ends of the names of such classes, for bases whose package is unknown.
_ROW = (".Model", ".Document")
#: The beginnings of methods that a base class looks up by name, as visitors do.
_BY_NAME = ("visit_", "do_", "handle_", "on_")
#: Names of methods that say yes or no.
_GUARD = re.compile(r"(is|has|can|may|check|allow|allows|authori[sz]e|permit|validate|verify|require)(_|$)")


def find_called_elsewhere(module: Module, awaits: Awaits, mentioned: set[str]) -> Iterator[Complaint]:
    """Methods that became async, in classes whose base may call them and would take the coroutine for a yes."""
    inference = awaits.inference
    for function in module.functions if not module.is_of_tests else ():
        if function.cls is None or function not in awaits.made_async:
            continue
        if awaits.awaited_validator(function) is not None:
            continue
        strange = sorted(base for base in inference.lost_bases(function.cls) if not base.endswith(_ROW))
        is_ours = function.name in mentioned and not _GUARD.match(function.name)
        if not strange and not is_ours:
            bases = inference.external_bases(function.cls)
            strange = sorted(base for base in bases if _may_call(base, function.name))
        if strange:
            what = f"{function.cls.node.name.value}.{function.name}"
            is_task = strange[0].startswith(WORKERS)
            do = IN_A_WORKER if is_task else "Make sure that it is awaited there"
            why = f"it is async now, and `{strange[0]}` may call it"
            yield todo(function.node, what, why, do, raises=True)


def find_overrides(module: Module, awaits: Awaits) -> Iterator[Complaint]:
    """Methods that have to stay sync, while one that they are called in place of became async."""
    for function, other in awaits.stay_sync.items():
        if function.module is module and not awaits.is_async(function):
            whose = f"{other.cls.node.name.value}.{other.name}" if other.cls is not None else other.name
            why = f"it has to stay sync, and is called in place of `{whose}`, which is async now"
            yield todo(function.node, function.name, why, "Make both async, or give them two names")


def _may_call(base: str, name: str) -> bool:
    if "." not in base or base.startswith((*QUIET, *_MODELS)) or name in api.AWAITED_METHODS.get(base, ()):
        return False
    return not is_looked_into(base) or name.startswith(_BY_NAME)
