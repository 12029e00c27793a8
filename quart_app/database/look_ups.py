"""One row by a key, for all who ask for one at the same moment.

Most of what a look-up costs is the way to the database and back, be it a thread or a network. Requests that arrive
together ask together: one SELECT, one way, many rows.
"""

from __future__ import annotations

from asyncio import Future, Task, get_running_loop
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from contextvars import Context
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, bindparam

from .turns import Turns

Key = TypeVar("Key", bound=Hashable)

Waiting = dict[Key, list[Future[Row[Any] | None]]]
Ask = Callable[[Select[Any], Mapping[str, object]], Awaitable[Sequence[Row[Any]]]]

_SIZES = (1, 4, 16, 64, 256)
"""How many keys a statement has: each size is one more that the database prepares, so there are few."""


class LookUp(Generic[Key]):
    """A SELECT, by a column whose values are unique.

    Arguments:
        statement: without that condition, and with that column among its own.
        key: the column.
    """

    def __init__(self, statement: Select[Any], key: ColumnElement[Key]) -> None:
        self.statement = statement.where(key.in_(bindparam("keys", expanding=True)))
        self._position = [column is key for column in statement.selected_columns].index(True)

    def parameters(self, keys: Sequence[Key]) -> dict[str, list[Key]]:
        """What to execute the statement with. It asks for the last key several times, up to one of the sizes."""
        size = next(size for size in _SIZES if size >= len(keys))
        return {"keys": [*keys, *[keys[-1]] * (size - len(keys))]}

    def key_of(self, row: Row[Any]) -> Key:
        """The key that a row was found by."""
        key: Key = row[self._position]
        return key


class Askers(Generic[Key]):
    """Those who wait for a row, each by a key.

    Arguments:
        look_up: what they ask.
        turns: who has a connection. Whoever comes until we have one is in the same statement, and nobody after that:
            no answer is older than its question.
        ask: executes a statement with parameters.
    """

    def __init__(self, look_up: LookUp[Key], turns: Turns, ask: Ask) -> None:
        self._look_up = look_up
        self._turns = turns
        self._ask = ask
        self._waiting: Waiting[Key] = {}
        self._next: Task[None] | None = None  # is going to take those who wait now
        self._tasks: set[Task[None]] = set()

    def answer(self, key: Key) -> Future[Row[Any] | None]:
        """The row with this key, None if there is none, or the error that all who asked with it get."""
        answer: Future[Row[Any] | None] = get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(answer)
        if self._next is None:
            self._begin()
        return answer

    def _begin(self) -> None:
        # It works for many requests, and so in none of their contexts.
        self._next = get_running_loop().create_task(self._answer_all(), context=Context())
        self._tasks.add(self._next)
        self._next.add_done_callback(self._tasks.discard)

    async def _answer_all(self) -> None:
        asked: Waiting[Key] = {}
        try:
            async with self._turns:
                asked = self._take()
                rows = await self._ask(self._look_up.statement, self._look_up.parameters(list(asked)))
        except Exception as error:  # noqa: BLE001 - raised where the answer is waited for
            for answer in _still_there(asked or self._take()):
                answer.set_exception(error)
        except BaseException:  # the server stops
            for answer in _still_there(asked or self._take()):
                answer.cancel()
            raise
        else:
            found = {self._look_up.key_of(row): row for row in rows}
            for key, answers in asked.items():
                for answer in _still_there({key: answers}):
                    answer.set_result(found.get(key))

    def _take(self) -> Waiting[Key]:
        self._next = None
        if len(self._waiting) <= _SIZES[-1]:
            taken, self._waiting = self._waiting, {}
        else:
            taken = {key: self._waiting.pop(key) for key in list(self._waiting)[: _SIZES[-1]]}
            self._begin()
        return taken


def _still_there(asked: Waiting[Any]) -> Iterator[Future[Row[Any] | None]]:
    """The answers that are waited for: who has gone away has cancelled theirs."""
    return (answer for answers in asked.values() for answer in answers if not answer.done())
