"""The recipes of docs/models.md, as modules that run."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

from tests.docs.pages import DOCS

PAGE = DOCS / "models.md"
#: The sections with a recipe, and the package that each needs.
PACKAGES = {
    "SQLAlchemy": "sqlalchemy",
    "Mapped as dataclasses": "sqlalchemy",
    "SQLModel": "sqlmodel",
    "Tortoise": "tortoise",
    "Beanie": "beanie",
    "ODMantic": "odmantic",
    "Piccolo": "piccolo",
    "peewee": "peewee",
    "peewee-aio": "peewee_aio",
    "ormar": "ormar",
    "pydantic": "pydantic",
    "dataclasses": "dataclasses",
    "attrs": "attrs",
    "msgspec": "msgspec",
}

_CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def sections() -> dict[str, str]:
    """The code of each section with a recipe: that of the page, of the section above, and its own."""
    top, *rest = re.split(r"^(?=##+ )", PAGE.read_text(), flags=re.MULTILINE)
    above, found = "", {}
    for section in rest:
        heading, _, text = section.partition("\n")
        code = "\n".join(_CODE.findall(text))
        above = code if heading.startswith("## ") else above
        name = heading.lstrip("# ")
        if name in PACKAGES:
            found[name] = "\n".join([*_CODE.findall(top), above, "" if code is above else code])
    return found


def need(module: str) -> Any:
    """The module of an optional package; without it the test is left out, and in CI fails."""
    if find_spec(module.partition(".")[0]) is None:
        how_to_get_it = f"Without {module} a part of docs/models.md is not tested: pip install --group models"
        if os.environ.get("CI"):
            pytest.fail(how_to_get_it)
        pytest.skip(how_to_get_it)
    return import_module(module)


@contextmanager
def running(name: str, *, behind: bool = False) -> Iterator[Any]:
    """The recipe of the section *name*, as a module for as long as this block runs.

    Args:
        name: the heading of the section.
        behind: with ``UserMixin`` behind the library's own class.
    """
    code = sections()[name]
    if behind:
        code = re.sub(r"class User\(UserMixin, (\w[\w.]*)", r"class User(\1, UserMixin", code)
    module = ModuleType("recipe")  # SQLAlchemy and Tortoise look names up in it
    sys.modules["recipe"] = module
    try:
        exec(compile(code, f"models.md, {name}", "exec", dont_inherit=True), module.__dict__)  # noqa: S102
        yield module
    finally:
        del sys.modules["recipe"]
        if hasattr(module, "Base"):  # or SQLAlchemy configures its models together with all others
            registry = getattr(module.Base, "registry", None) or module.Base._sa_registry  # SQLModel's
            registry.dispose()
            registry.metadata.clear()
