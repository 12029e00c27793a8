"""Deletes any number of rows in batches, each in a transaction of its own: a statement has a timeout."""

from __future__ import annotations

import asyncio

from sqlalchemy import ColumnElement, delete, select

from .base import Base
from .connections import Database

_BATCH = 1000  # rows
_PAUSE = 0.05  # seconds between two batches, in which other transactions can write


async def delete_in_batches(
    database: Database, model: type[Base], condition: ColumnElement[bool], *, stop: asyncio.Event | None = None
) -> int:
    """Delete the rows that meet a condition; return their number.

    Rows that another transaction has locked are skipped, so several workers may do this at once.

    Arguments:
        database: has the table.
        model: the table, which has a primary key of one column.
        condition: which rows.
        stop: when it is set, the current batch is the last.

    Raises:
        DatabaseUnavailable: the database does not answer. Batches that were deleted before stay deleted.
    """
    [key] = model.__mapper__.primary_key
    batch = select(key).where(condition).limit(_BATCH).with_for_update(skip_locked=True).cte()  # locks on PostgreSQL
    query = delete(model).where(key.in_(select(batch.c[key.name]))).returning(key)
    deleted, is_done = 0, False
    while not is_done and not (stop is not None and stop.is_set()):
        rows = len(await database.execute(query))
        deleted, is_done = deleted + rows, rows < _BATCH
        await asyncio.sleep(0 if is_done else _PAUSE)
    return deleted
