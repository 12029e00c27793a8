"""A batching data loader: one SELECT for all rows that are requested by key at the same time.

Most of the cost of finding one row is the round trip to the database, be it to a thread or over a network. Requests
that arrive together share it: one statement, one round trip, many rows.
"""

from __future__ import annotations

import asyncio
from asyncio import Future, Task, get_running_loop
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import Context
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ARRAY, ColumnElement, Connection, Engine, Row, Select, any_, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import greenlet_spawn

from .connection_limiter import ConnectionLimiter

Key = TypeVar("Key", bound=Hashable)

Pending = dict[Key, list[Future[Row[Any] | None]]]

_BATCH_SIZES = (1, 4, 16, 64, 256)
"""How many keys a statement has at most, or exactly in a list, since each size is a statement to prepare."""


class KeyQuery(Generic[Key]):
    """A SELECT of rows by a column whose values are unique.

    Arguments:
        statement: the SELECT without the condition on the key; the key is one of its columns.
        key: the column.
    """

    def __init__(self, statement: Select[Any], key: ColumnElement[Key]) -> None:
        self._statement = statement
        self._key = key
        self._position = [column is key for column in statement.selected_columns].index(True)

    def by_list(self) -> Statement[Key]:
        """``key IN (?, ?, ...)`` with a parameter for each key; the last is repeated up to the next batch size."""
        condition = self._key.in_(bindparam("keys", expanding=True))
        return Statement(self._statement.where(condition), _up_to_batch_size)

    def by_array(self) -> Statement[Key]:
        """``key = ANY (?)`` with one parameter for all keys, so that one statement does for any number of them."""
        condition = self._key == any_(bindparam("keys", type_=ARRAY(self._key.type)))
        return Statement(self._statement.where(condition), list)

    def key_of(self, row: Row[Any]) -> Key:
        """The key of a row that the statement found."""
        key: Key = row[self._position]
        return key


class Statement(NamedTuple, Generic[Key]):
    """A statement with the one parameter ``keys``.

    Attributes:
        select: the statement.
        value: the value of the parameter for these keys.
    """

    select: Select[Any]
    value: Callable[[Sequence[Key]], list[Key]]


def _up_to_batch_size(keys: Sequence[Key]) -> list[Key]:
    size = next(size for size in _BATCH_SIZES if size >= len(keys))
    return [*keys, *[keys[-1]] * (size - len(keys))]


class DataLoader(Generic[Key]):
    """Loads rows of one query, in batches.

    Arguments:
        query: the query.
        limiter: limits the connections. A key that is requested before the limiter lets the batch pass is in that
            batch, and a later one is in the next: no row is older than the request for it.
        engine: its connections are in autocommit.
        timeout: seconds that a batch may take, with a connection; None for any time.
        prepare: called with each connection before the statement.
        has_arrays: whether a parameter of the database can be an array.
        counted: a context manager around each use of a connection.
    """

    def __init__(
        self,
        query: KeyQuery[Key],
        limiter: ConnectionLimiter,
        engine: Engine,
        *,
        timeout: float | None,
        prepare: Callable[[Connection], None],
        has_arrays: bool,
        counted: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self._query = query
        self._statement = query.by_array() if has_arrays else query.by_list()
        self._limiter = limiter
        self._engine = engine
        self._timeout = timeout
        self._prepare = prepare
        self._counted = counted
        self._pending: Pending[Key] = {}
        self._next: Task[None] | None = None  # the task that will take what is pending now
        self._tasks: set[Task[None]] = set()

    def load(self, key: Key) -> Future[Row[Any] | None]:
        """The row with this key, None if there is none, or the error of the batch that the key is in."""
        result: Future[Row[Any] | None] = get_running_loop().create_future()
        self._pending.setdefault(key, []).append(result)
        if self._next is None:
            self._schedule()
        return result

    async def load_alone(self, key: Key) -> Row[Any] | None:
        """The row with this key, without a task and a batch: for a key that nobody else can join in time."""
        if self._next is not None:
            return await self.load(key)
        async with self._limiter:
            rows = await self._fetch([key])
        return rows[0] if rows else None

    def _schedule(self) -> None:
        # The task works for many requests, so it runs in the context of none of them.
        self._next = get_running_loop().create_task(self._load_batch(), context=Context())
        self._tasks.add(self._next)
        self._next.add_done_callback(self._tasks.discard)

    async def _load_batch(self) -> None:
        batch: Pending[Key] = {}
        try:
            async with self._limiter:
                batch = self._take()
                rows = await self._fetch(list(batch))
        except Exception as error:  # noqa: BLE001 - raised where the row is awaited
            for result in _still_awaited(batch or self._take()):
                result.set_exception(error)
        except BaseException:  # the server stops
            for result in _still_awaited(batch or self._take()):
                result.cancel()
            raise
        else:
            found = {self._query.key_of(row): row for row in rows}
            for key, results in batch.items():
                for result in _still_awaited({key: results}):
                    result.set_result(found.get(key))

    async def _fetch(self, keys: Sequence[Key]) -> Sequence[Row[Any]]:
        """Execute the query for these keys, and return all rows.

        SQLAlchemy's asynchronous connection would cost twice as much: it runs connect, execute and close in one
        greenlet each.
        """
        with self._counted():
            async with asyncio.timeout(self._timeout):
                return await greenlet_spawn(self._fetch_until_connected, {"keys": self._statement.value(keys)})

    def _fetch_until_connected(self, parameters: Mapping[str, object]) -> Sequence[Row[Any]]:
        try:
            return self._fetch_once(parameters)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        # The connection broke just now. A SELECT can be repeated safely, on another connection.
        return self._fetch_once(parameters)

    def _fetch_once(self, parameters: Mapping[str, object]) -> Sequence[Row[Any]]:
        with self._engine.connect() as connection:
            self._prepare(connection)
            return connection.execute(self._statement.select, parameters).all()

    def _take(self) -> Pending[Key]:
        self._next = None
        if len(self._pending) <= _BATCH_SIZES[-1]:
            taken, self._pending = self._pending, {}
        else:
            taken = {key: self._pending.pop(key) for key in list(self._pending)[: _BATCH_SIZES[-1]]}
            self._schedule()
        return taken


def _still_awaited(batch: Pending[Any]) -> Iterator[Future[Row[Any] | None]]:
    """The results that are still awaited: a request that was given up has cancelled its own."""
    return (result for results in batch.values() for result in results if not result.done())
