"""The types an application meets: what a user has, and what a loader looks like."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from quart import Request, Websocket

if sys.version_info >= (3, 13):
    from typing import TypeVar
elif TYPE_CHECKING:
    from typing_extensions import TypeVar
else:
    from typing import TypeVar as _TypeVar

    def TypeVar(name, **options):  # noqa: D103, N802  # the default is for type checkers only
        options.pop("default", None)
        return _TypeVar(name, **options)


class User(Protocol):
    """What a type checker asks of a user object; ``UserMixin`` has it.

    ``is_active`` is missing here: it is often a mapped column, which type checkers do not take for a property.
    """

    @property
    def is_authenticated(self) -> bool:
        """Whether this is somebody who has logged in and may."""

    @property
    def is_anonymous(self) -> bool:
        """Whether this is nobody."""


#: The application's own user class.
U = TypeVar("U", bound=User, default=User)

#: From the id that ``get_id`` gave to the user; None if there is no such user any more.
UserLoader = Callable[[str], Awaitable[U | None]] | Callable[[str], U | None]
#: From the request (or websocket) to its user; None if it names nobody.
RequestLoader = (
    Callable[[Request], Awaitable[U | None]]
    | Callable[[Request], U | None]
    | Callable[[Request | Websocket], Awaitable[U | None]]
    | Callable[[Request | Websocket], U | None]
)
