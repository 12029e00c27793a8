"""Finds user classes in which an attribute that Flask-Login reads is a method, and so always true."""

from __future__ import annotations

from collections.abc import Iterator

from . import quart_api as api
from .findings import Complaint, todo
from .inference import Inference
from .program import Class, Module
from .templates import Templates

#: Attributes of a user that Flask-Login reads and does not call.
_PROPERTIES = {"is_active", "is_anonymous", "is_authenticated"}


def find_methods_of_users(
    module: Module, inference: Inference, mentioned: set[str], templates: Templates
) -> Iterator[Complaint]:
    """The methods of user classes that Flask-Login reads as attributes: a method is always true."""
    for function in module.functions:
        if function.cls is not None and function.name in _PROPERTIES and not function.decorators:
            if function.name != "is_authenticated" and not _is_of_users(function.cls, inference):
                continue
            if function.name == "is_anonymous" and not (function.name in mentioned or templates.mention(function.name)):
                continue
            what = f"{function.cls.node.name.value}.{function.name}"
            why = "it is a method, and read without being called: a method is true"
            yield todo(function.node, what, why, "Add `@property`, and call it nowhere")


def _is_of_users(cls: Class, inference: Inference) -> bool:
    """Whether it is a class of users: it comes from one, or has more that only a user has."""
    own = cls.scope.bound.keys() & {"is_authenticated", "get_id"}
    return bool(own) or not inference.external_bases(cls).isdisjoint(api.USERS)
