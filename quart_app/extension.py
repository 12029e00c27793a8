"""Parts of the application that views need: each is kept in ``app.extensions``, and has one typed accessor.

The accessor stands in the folder that owns the part, so nothing else has to know all parts::

    current_database = Extension[Database]("quart_app.database")

    current_database.add(app, Database(url))  # in the factory
    current_database()  # in a view: that of the application that is running now
"""

from __future__ import annotations

from typing import Generic, TypeVar, cast

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
        """Give *app* this part, instead of one that it may have; return it."""
        app.extensions[self._name] = part
        return part

    def of(self, app: Quart) -> Part:
        """The part of *app*.

        Raises:
            KeyError: it has none.
        """
        return cast(Part, app.extensions[self._name])

    def __call__(self) -> Part:
        """The part of the application that is running now.

        Raises:
            RuntimeError: this is outside of an application's context.
            KeyError: the application has no such part.
        """
        return self.of(current_app)
