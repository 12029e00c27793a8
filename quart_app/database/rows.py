"""Objects of a model made from rows, without a session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Column
from sqlalchemy.orm import make_transient_to_detached

from .base import Base

Model = TypeVar("Model", bound=Base)


class Rows(Generic[Model]):
    """Makes objects of a model from rows: the same objects that a session gives, after it was closed.

    Attributes:
        columns: the columns to select, in this order.
    """

    def __init__(self, model: type[Model]) -> None:
        mapper = model.__mapper__
        self.columns: Sequence[Column[Any]] = mapper.columns.values()
        self._new = mapper.class_manager.new_instance
        self._names = mapper.columns.keys()

    def load(self, values: Iterable[Any]) -> Model:
        """An object with the values of these columns."""
        loaded: Model = self._new()
        vars(loaded).update(zip(self._names, values, strict=True))
        make_transient_to_detached(loaded)
        return loaded
