"""The properties of a user object: ready to inherit, and how this library reads them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from .errors import UserContractError, UserNotSaved

#: How an id prints that the database has still to choose: Python's None, and what Piccolo puts into an INSERT on SQLite
#: and on PostgreSQL.
_UNSAVED = frozenset({"None", "null", "DEFAULT"})


class _Active:
    """``UserMixin.is_active``: True, unless the user object holds another value under this name.

    Not a property, over which pydantic, Tortoise, attrs, dataclasses and SQLModel cannot define a field: they store the
    field in the object, where a property would hide it, and take what the class has for the field's default.
    """

    def __get__(self, user: object, owner: type | None = None) -> Any:
        return True if user is None else user.__dict__.get("is_active", True)

    def __set__(self, user: object, value: object) -> None:
        """Store *value* in the object.

        Raises:
            AttributeError: the class is mapped by SQLAlchemy and has no such column, so the database would not get it.
        """
        if hasattr(type(user), "__mapper__"):
            raise AttributeError(
                f"{type(user).__name__} has no column is_active: define it in the class itself, "
                "or in a mixin that stands before UserMixin."
            )
        user.__dict__["is_active"] = value


class UserMixin:
    """A user that is active and identified by its ``id`` attribute.

    Two such users are equal if ``get_id()`` says so, and a user who is not saved yet equals only itself. The hash stays
    that of the object, as in Flask-Login, so a set of users does not merge equal ones.
    """

    __hash__ = object.__hash__

    if TYPE_CHECKING:  # to type checkers a property, which subclasses may override by a property, field or attribute

        @property
        def is_active(self) -> bool:
            """Whether the account may be used; ``login_user`` refuses those that are not."""
    else:
        #: Whether the account may be used; ``login_user`` refuses those that are not. True unless the subclass has a
        #: field, column or property of this name, or the object another value.
        is_active = _Active()

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
            UserNotSaved: the database has not chosen the id yet.
        """
        try:
            user_id = self.id  # type: ignore[attr-defined]  # the application's class has it
        except AttributeError:
            raise NotImplementedError("No `id` attribute - override `get_id`") from None
        if _is_unsaved(user_id):
            raise UserNotSaved(type(self).__name__)
        return str(user_id)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, UserMixin):
            try:
                return self.get_id() == other.get_id()
            except UserNotSaved:
                return self is other
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


def read_id(user: Any, id_attribute: str) -> Any:
    """The id of *user* to keep in the session: what its method *id_attribute* returns.

    Raises:
        UserNotSaved: it is none, or text made from an ``id`` that is none.
    """
    user_id = getattr(user, id_attribute)()
    if _is_unsaved(user_id) or (str(user_id) in _UNSAVED and _is_unsaved(getattr(user, "id", user_id))):
        raise UserNotSaved(type(user).__name__)
    return user_id


def _is_unsaved(user_id: object) -> bool:
    """Whether the database has still to choose this id; text never is such an id: somebody may be called None."""
    return not isinstance(user_id, str) and str(user_id) in _UNSAVED


def is_authenticated(user: Any) -> bool:
    """``user.is_authenticated``; see ``read_flag``."""
    answer = user.is_authenticated
    return answer if answer is True or answer is False else _flag(user, "is_authenticated", answer)


def read_flag(user: Any, name: str) -> bool:
    """The property *name* of *user*.

    Raises:
        UserContractError: it is a method or a coroutine, and so would always be true.
    """
    return _flag(user, name, getattr(user, name))


def _flag(user: Any, name: str, answer: Any) -> bool:
    if callable(answer) or isinstance(answer, Awaitable):
        if hasattr(answer, "close"):
            answer.close()
        raise UserContractError(type(user).__name__, name)
    return bool(answer)
