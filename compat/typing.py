"""Types for applications: a user object, and the loaders."""

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
    """What type checkers require of a user object; ``UserMixin`` provides it.

    ``is_active`` is missing here: it is often a mapped column, which type checkers do not take for a property.
    """

    @property
    def is_authenticated(self) -> bool:
        """Whether this is a user who is logged in, and active."""

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is logged in."""


#: The application's own user class.
U = TypeVar("U", bound=User, default=User)

#: Takes the id that ``get_id`` returned and returns the user; None if that user no longer exists.
UserLoader = Callable[[str], Awaitable[U | None]] | Callable[[str], U | None]
#: Takes the request (or websocket) and returns its user; None if it has none.
RequestLoader = (
    Callable[[Request], Awaitable[U | None]]
    | Callable[[Request], U | None]
    | Callable[[Request | Websocket], Awaitable[U | None]]
    | Callable[[Request | Websocket], U | None]
)
