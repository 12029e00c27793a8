"""The loaders' answer: the user of a request, and where that user came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

#: What the cookies of a request claim: the user id in the session, and the remember cookie as it was sent.
Claim = tuple[Any, str | None]


class Source(Enum):
    """Where a user was loaded from."""

    NO_USER = auto()
    SESSION = auto()
    REMEMBER_COOKIE = auto()
    REQUEST = auto()


#: The members as names of this module: in Python 3.11 an attribute of an Enum class costs more than a global.
NO_USER, SESSION, REMEMBER_COOKIE, REQUEST = Source


@dataclass
class Outcome:
    """The loaders' answer to one claim."""

    claim: Claim
    user: Any = None
    source: Source = NO_USER
    #: The id in the remember cookie, if the user came from it.
    remembered_id: str | None = None
    #: Whether the session names a user who no longer exists.
    is_user_gone: bool = False
    #: What a loader raised; *user* and the rest mean nothing then.
    error: Exception | None = None

    @property
    def is_user_missing(self) -> bool:
        """Whether the session names a user who no longer exists, and nothing else gives one."""
        return self.is_user_gone and self.user is None
