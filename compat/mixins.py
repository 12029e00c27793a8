"""The properties of a user object: ready to inherit, and how this library reads them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from .errors import UserContractError


class UserMixin:
    """A user that is active and identified by its ``id`` attribute.

    Two such users are equal if ``get_id()`` says so; the hash stays that of the object, as in
    Flask-Login, so a set of users does not merge equal ones.
    """

    __hash__ = object.__hash__

    @property
    def is_active(self) -> bool:
        """Whether the account may be used; ``login_user`` refuses those that are not."""
        return True

    @property
    def is_authenticated(self) -> bool:
        """Whether this user may pass ``login_required``: an inactive one may not."""
        return self.is_active

    @property
    def is_anonymous(self) -> bool:
        """Always False."""
        return False

    def get_id(self) -> str:
        """The id that is passed to the user loader.

        Raises:
            NotImplementedError: the object has no ``id``.
        """
        try:
            return str(self.id)  # type: ignore[attr-defined]  # the application's class has it
        except AttributeError:
            raise NotImplementedError("No `id` attribute - override `get_id`") from None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, UserMixin):
            return self.get_id() == other.get_id()
        return NotImplemented


class AnonymousUserMixin:
    """The user of a request without a login."""

    @property
    def is_authenticated(self) -> bool:
        """Always False."""
        return False

    @property
    def is_active(self) -> bool:
        """Always False."""
        return False

    @property
    def is_anonymous(self) -> bool:
        """Always True."""
        return True

    def get_id(self) -> str | None:
        """Always None."""
        return None


def is_authenticated(user: Any) -> bool:
    """``user.is_authenticated``; see ``read_flag``."""
    return read_flag(user, "is_authenticated")


def read_flag(user: Any, name: str) -> bool:
    """The property *name* of *user*.

    Raises:
        UserContractError: it is a method or a coroutine, and so would always be true.
    """
    answer = getattr(user, name)
    if answer is True or answer is False:
        return answer
    if callable(answer) or isinstance(answer, Awaitable):
        if hasattr(answer, "close"):
            answer.close()
        raise UserContractError(type(user).__name__, name)
    return bool(answer)
