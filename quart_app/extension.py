"""Typed accessors of the parts of an application, which are kept in ``app.extensions``.

An accessor is defined in the module of its part, so no module needs to know all parts::

    current_database = Extension[Database]("quart_app.database")

    current_database.add(app, Database(url))  # in the factory
    current_database()  # in a view: the database of the current application
"""

from __future__ import annotations

from typing import Generic, TypeVar

from quart import Quart, current_app

Part = TypeVar("Part")


class Extension(Generic[Part]):
    """The accessor of one part.

    Arguments:
        name: its key in ``app.extensions``.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def add(self, app: Quart, part: Part) -> Part:
        """Set the part of *app*, and return it."""
        app.extensions[self._name] = part
        return part

    def of(self, app: Quart) -> Part:
        """The part of *app*.

        Raises:
            KeyError: *app* has no such part.
        """
        part: Part = app.extensions[self._name]
        return part

    def __call__(self) -> Part:
        """The part of the current application.

        Raises:
            RuntimeError: there is no application context.
            KeyError: the application has no such part.
        """
        part: Part = current_app.extensions[self._name]
        return part
