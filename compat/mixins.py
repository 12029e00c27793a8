"""The properties of a user object: ready to inherit, and how this library reads them."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import UserContractError, UserNotSaved

#: How an id prints that the database has still to choose: Python's None, and what Piccolo puts into an INSERT on SQLite
#: and on PostgreSQL.
_UNSAVED = frozenset({"None", "null", "DEFAULT"})


class _Active:
    """``UserMixin.is_active``: what the object, or a base behind UserMixin, has under this name; otherwise True.

    Not a property, over which pydantic, Tortoise, attrs, dataclasses and SQLModel cannot define a field: they store the
    field in the object, where a property would hide it, and take what the class has for the field's default.
    """

    def __get__(self, user: Any, owner: type | None = None) -> Any:
        """The value of *user*, and of the class the default.

        Raises:
            AttributeError: it is a column that is not mapped, or a field that was not loaded.
        """
        if user is None:
            return True
        values = user.__dict__
        if "is_active" in values:
            return values["is_active"]
        hidden = _hidden(user.__class__)
        if hidden is _NOTHING:
            return True
        if _is_column(hidden):
            raise _no_column(type(user))
        return hidden.__get__(user, type(user)) if hasattr(hidden, "__get__") else hidden

    def __set__(self, user: Any, value: object) -> None:
        """Store *value* where the base behind UserMixin does, or in the object.

        Raises:
            AttributeError: the class is mapped by SQLAlchemy and has no such column, so the database would not get it.
        """
        hidden = _hidden(user.__class__)
        if _is_column(hidden) or (hidden is _NOTHING and hasattr(type(user), "__mapper__")):
            raise _no_column(type(user))
        if hasattr(hidden, "__set__"):
            hidden.__set__(user, value)
        else:
            user.__dict__["is_active"] = value


#: What ``_hidden`` returns if nothing is hidden.
_NOTHING = object()


class _NotLoaded:
    """A field of Tortoise or Edgy, which keep fields in objects alone, in an object that was loaded without it."""

    def __get__(self, user: object, owner: type | None = None) -> bool:
        raise AttributeError(f"is_active of this {type(user).__name__} was not loaded: load it with the user.")


@lru_cache(maxsize=64)
def _hidden(user_class: Any) -> Any:
    """What the bases behind UserMixin have under the name ``is_active``, as it stands in the class."""
    for meta in (getattr(user_class, "_meta", None), getattr(user_class, "meta", None)):  # Tortoise's, Edgy's
        if "is_active" in getattr(meta, "fields_map", getattr(meta, "fields", ())):
            return _NotLoaded()
    bases = user_class.__mro__
    for base in bases[bases.index(UserMixin) + 1 :]:
        if "is_active" in vars(base):
            return vars(base)["is_active"]
    return _NOTHING


def _is_column(hidden: object) -> bool:
    """Whether this is a column of SQLAlchemy, which maps none where UserMixin hides it."""
    return hasattr(hidden, "__clause_element__")


def _no_column(user_class: type) -> AttributeError:
    return AttributeError(
        f"{user_class.__name__} has no column is_active: define it in the class itself, "
        "or in a base that stands before UserMixin."
    )


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
        #: Whether the account may be used; ``login_user`` refuses those that are not. True unless the subclass, or a
        #: base behind this one, has a field, column or property of this name, or the object another value.
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
            UserContractError: the ``id`` is async.
            UserNotSaved: the database has not chosen the id yet.
        """
        try:
            user_id = self.id  # type: ignore[attr-defined]  # the application's class has it
        except AttributeError:
            raise NotImplementedError("No `id` attribute - override `get_id`") from None
        if isinstance(user_id, Awaitable):
            _refuse(self, "id", user_id)
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
        UserContractError: the method is async.
        UserNotSaved: it is none, or text made from an ``id`` that is none.
    """
    user_id = getattr(user, id_attribute)()
    if isinstance(user_id, Awaitable):
        _refuse(user, id_attribute, user_id)
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
    answer = getattr(user, name)
    return answer if answer is True or answer is False else _flag(user, name, answer)


def _flag(user: Any, name: str, answer: Any) -> bool:
    if callable(answer) or isinstance(answer, Awaitable):
        _refuse(user, name, answer)
    return bool(answer)


def _refuse(user: Any, name: str, answer: Any) -> NoReturn:
    if hasattr(answer, "close"):  # a coroutine, which would warn that nobody has awaited it
        answer.close()
    raise UserContractError(type(user).__name__, name)
