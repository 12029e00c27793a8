"""``UserMixin`` and ``AnonymousUserMixin``."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from msgspec import Struct
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from compat import AnonymousUserMixin, UserContractError, UserMixin, UserNotSaved

from . import flask_side


@dataclass(eq=False)
class Numbered(UserMixin):
    id: object


def test_a_user_is_active_and_authenticated() -> None:
    """By default a user is active and authenticated, and not anonymous."""
    user = Numbered(1)

    assert (user.is_active, user.is_authenticated, user.is_anonymous) == (True, True, False)


def test_inactive_users_are_not_authenticated() -> None:
    """``is_authenticated`` follows ``is_active``."""

    class Locked(UserMixin):
        is_active = False

    assert Locked().is_authenticated is False


def test_a_property_of_the_subclass_decides() -> None:
    """A subclass overrides ``is_active`` by a property, and reaches the mixin's by ``super()``, as in Flask-Login."""

    class Banned(UserMixin):
        @property
        def is_active(self) -> bool:
            return super().is_active and False

    assert (UserMixin().is_active, Banned().is_active, Banned().is_authenticated) == (True, False, False)


@pytest.mark.parametrize("is_active", [True, False])
def test_a_field_of_the_object_decides(is_active: bool) -> None:
    """A field that is kept in the object counts; Flask-Login's property refuses to be set."""

    @dataclass(eq=False)
    class Row(UserMixin):
        id: int
        is_active: bool = field(default_factory=lambda: True)

    theirs = flask_side.user_class("theirs")

    assert (Row(1, is_active).is_active, Row(1, is_active).is_authenticated) == (is_active, is_active)
    assert Row(1).is_active
    assert vars(UserMixin)["is_active"].__get__(None, UserMixin) is True  # what libraries take for a field's default
    with pytest.raises(AttributeError):
        theirs("1").is_active = is_active


class Account:
    """A base with a property."""

    def __init__(self, is_active: bool) -> None:
        self.is_locked = not is_active

    @property
    def is_active(self) -> bool:
        return not self.is_locked


class Switch:
    """A base with slots."""

    __slots__ = ("is_active",)

    def __init__(self, is_active: bool) -> None:
        self.is_active = is_active


class Record(Struct):
    """A base of msgspec, which fills its slots itself."""

    is_active: bool


@pytest.mark.parametrize("base", [Account, Switch, Record])
def test_a_base_behind_is_not_hidden(base: type[Account | Switch | Record]) -> None:
    """What a base behind UserMixin says of ``is_active`` counts; Flask-Login's property hides it."""
    user_class: Any = type("User", (UserMixin, base), {})
    users = [user_class(True), user_class(False)]

    assert [user.is_active for user in users] == [user.is_authenticated for user in users] == [True, False]
    if base is not Account:
        users[0].is_active = False
        assert [users[0].is_active, vars(base)["is_active"].__get__(users[0])] == [False, False]


def test_a_document_needs_a_property() -> None:
    """What ``__getattr__`` finds never hides the mixin's ``is_active``; the property of docs/models.md does."""

    class Document(UserMixin):
        def __init__(self, **document: object) -> None:
            self.document = document

        def __getattr__(self, name: str) -> object:
            return self.document[name]

    class Fixed(Document):
        is_active = property(lambda self: self.document["is_active"])

    classes = (Document, Fixed)
    assert [one(is_active=False).is_authenticated for one in classes] == [True, False]
    assert [one(id=7).get_id() for one in classes] == ["7", "7"]


def test_a_column_that_does_not_exist_is_an_error() -> None:
    """SQLAlchemy maps no column of a mixin that stands after UserMixin: setting it is an error, as in Flask-Login."""

    class Base(DeclarativeBase):
        pass

    class Lock:
        is_active: Mapped[bool] = mapped_column(default=True)

    class Forgotten(UserMixin, Lock, Base):  # type: ignore[override]  # mypy sees it, too
        __tablename__ = "forgotten"
        id: Mapped[int] = mapped_column(primary_key=True)

    class User(Lock, UserMixin, Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(AttributeError, match="Forgotten has no column is_active"):
        Forgotten(id=1).is_active = False  # type: ignore[misc]  # read-only to mypy, too
    with pytest.raises(AttributeError, match="Forgotten has no column is_active"):
        _ = Forgotten(id=1).is_active
    assert User(id=1, is_active=False).is_active is False


def test_a_column_of_another_table_is_not_hidden_silently() -> None:
    """A column of another table that UserMixin hides from SQLAlchemy is an error when it is read: nobody is active."""

    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "people"
        id: Mapped[int] = mapped_column(primary_key=True)
        is_active: Mapped[bool] = mapped_column(default=True)

    class Hidden(UserMixin, Person):  # type: ignore[override]  # mypy sees it, too
        __tablename__ = "hidden"
        id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)

    class User(Person, UserMixin):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(ForeignKey(Person.id), primary_key=True)

    with pytest.raises(AttributeError, match="Hidden has no column is_active"):
        _ = Hidden(id=1).is_authenticated
    assert User(id=1, is_active=False).is_authenticated is False


@pytest.mark.parametrize("placeholder", [None, type("Unquoted", (), {"__str__": lambda _: "DEFAULT"})()])
def test_a_user_who_is_not_saved_has_no_id(placeholder: object) -> None:
    """``get_id`` of a user without an id is an error that says what to do; Flask-Login's is the text "None"."""
    with pytest.raises(UserNotSaved, match="save it to the database"):
        Numbered(placeholder).get_id()


def test_somebody_may_be_called_none() -> None:
    """Text is an id, whatever it is."""
    assert [Numbered(name).get_id() for name in ("None", "null", "DEFAULT")] == ["None", "null", "DEFAULT"]


def test_users_who_are_not_saved_are_not_equal() -> None:
    """A user without an id equals itself and no other; Flask-Login takes two of them for one."""
    user, other, saved = Numbered(None), Numbered(None), Numbered(1)
    theirs = flask_side.user_class("theirs")

    assert user == user  # its own __eq__
    assert (user == other, user == saved, saved == user) == (False, False, False)
    assert theirs(None) == theirs(None)


def test_the_id_is_text() -> None:
    """``get_id`` returns the ``id`` as a string."""
    assert Numbered(1).get_id() == "1"


def test_an_async_id_is_an_error() -> None:
    """An ``id`` that is a coroutine is an error, and not the text of the coroutine; it is closed, so nothing warns."""

    class Late(UserMixin):
        @property
        async def id(self) -> int:
            return 1

    with pytest.raises(UserContractError, match=r"Late\.id"):
        Late().get_id()


def test_without_an_id_there_is_none() -> None:
    """A user without ``id`` has to define ``get_id``."""
    with pytest.raises(NotImplementedError, match="get_id"):
        UserMixin().get_id()


def test_users_are_equal_by_id() -> None:
    """Two objects of one user are equal, and no user equals something else."""
    assert Numbered(1) == Numbered("1")
    assert Numbered(1) != Numbered(2)
    assert not Numbered(1) != Numbered(1)  # noqa: SIM202  # the operator is what is tested
    assert Numbered(1) != "1"


def test_sets_tell_objects_apart() -> None:
    """The hash is the object's, as in Flask-Login."""
    assert len({Numbered(1), Numbered(1)}) == 2


def test_the_anonymous_user_has_no_properties() -> None:
    """The anonymous user is neither active nor authenticated, and has no id."""
    nobody = AnonymousUserMixin()

    assert (nobody.is_active, nobody.is_authenticated, nobody.is_anonymous) == (False, False, True)
    assert nobody.get_id() is None
