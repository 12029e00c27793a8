"""Objects of a model made from rows, without a session.

Written for SQLAlchemy 2.1, of which it sets ``InstanceState.key``. The public way is ``make_transient_to_detached``,
which asks each attribute whether it is loaded, and needs four times as long; use it if that attribute goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Column
from sqlalchemy.orm.attributes import instance_state

from .base import Base

Model = TypeVar("Model", bound=Base)


class Rows(Generic[Model]):
    """Makes objects of a model from rows: the same objects that a session gives, after it was closed.

    Attributes:
        columns: the columns to select, in this order.

    Raises:
        ValueError: the model has attributes that are not columns, such as relationships, which are not in a row, or a
            primary key of several columns.
    """

    def __init__(self, model: type[Model]) -> None:
        mapper = model.__mapper__
        self.columns: Sequence[Column[Any]] = mapper.columns.values()
        self._new = mapper.class_manager.new_instance
        self._names: Sequence[str] = mapper.columns.keys()
        if set(self._names) != set(mapper.attrs.keys()):
            raise ValueError(f"{model.__name__} has attributes that are not columns.")
        [primary_key] = mapper.primary_key
        self._id_position = [column is primary_key for column in self.columns].index(True)
        self._class, _, self._token = mapper.identity_key_from_primary_key(())

    def load(self, values: Sequence[Any]) -> Model:
        """An object with the values of these columns."""
        loaded: Model = self._new()
        vars(loaded).update(zip(self._names, values, strict=True))
        # With a key it is detached, as after a SELECT; without one a session would insert it.
        instance_state(loaded).key = (self._class, (values[self._id_position],), self._token)
        return loaded
