"""The users of the application: both sides have the same small table, each with its library's mixin."""

from collections.abc import Iterator
from typing import Any

#: Plain, with a space in the name, inactive, not ASCII, and one that looks like a remember token.
NAMES = ("ada", "bob b", "ian", "zoë", "a|b")
INACTIVE = "ian"


class People:
    """The table of users: which exist, which are active, and which ids the loaders were called with."""

    def __init__(self, mixin: type[Any]) -> None:
        person_class = _person_class(mixin)
        self._people = {
            name: person_class(name, number, active=name != INACTIVE) for number, name in enumerate(NAMES, start=7)
        }
        self._vanished: set[str] = set()
        self.asked: list[object] = []

    def __getitem__(self, name: str) -> Any:
        """The person of this name, deleted or not."""
        return self._people[name]

    def __iter__(self) -> Iterator[str]:
        """The names of all people who are not deleted."""
        return (name for name in self._people if name not in self._vanished)

    def find(self, identity: object) -> Any:
        """The user loader: the person with this id, in any of its forms, or None."""
        self.asked.append(identity)
        for name in self:
            person = self._people[name]
            if identity in (name, person.alias(), person.number(), str(person.number())):
                return person
        return None

    def find_by_key(self, key: str | None) -> Any:
        """The request loader: the person with this API key, or None."""
        return next((self._people[name] for name in self if key == f"key of {name}"), None)

    def vanish(self, name: str) -> None:
        """Delete the person."""
        self._vanished.add(name)

    def come_back(self, name: str) -> None:
        """Undo :meth:`vanish`."""
        self._vanished.discard(name)

    def set_active(self, name: str, *, active: bool) -> None:
        """Switch the person's account on or off."""
        self._people[name].active = active


def _person_class(mixin: type[Any]) -> type[Any]:
    class Person(mixin):  # type: ignore[misc]  # which mixin is what is compared
        """A user with three forms of id: a string, another string and a number."""

        def __init__(self, name: str, number: int, *, active: bool) -> None:
            self.id = name
            self.active = active
            self._number = number

        @property
        def is_active(self) -> bool:
            return self.active

        def alias(self) -> str:
            return f"alias of {self.id}"

        def number(self) -> int:
            return self._number

    return Person
