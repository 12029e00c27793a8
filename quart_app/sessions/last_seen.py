"""Last-seen updates: when a login session was last used, to the minute, written in the background."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import islice

from quart import current_app
from sqlalchemy import select, update

from quart_app.database import DatabaseUnavailable, current_database
from quart_app.extension import Extension
from quart_app.models.login_session import LoginSession

#: The precision of ``last_seen_at``: an update at every request would cost every request a transaction.
UPDATE_INTERVAL = timedelta(minutes=1)

_IDS_PER_STATEMENT = 500


class LastSeenUpdates:
    """Last-seen updates that are waiting for the database, written together by one background task.

    A response must not wait for an update, or fail because of it. Nor must it wait for the updates of others: after a
    quiet minute a thousand users would cause a thousand transactions, which take connections away from data loaders.
    So one transaction is running at a time, and each takes all updates that are waiting when it begins.
    """

    def __init__(self) -> None:
        self._pending: dict[int, datetime] = {}
        self._being_written: Collection[int] = ()
        self._is_writing = False

    def add(self, session_id: int, seen_at: datetime) -> None:
        """Have it written that a login session was used at this time."""
        if session_id in self._being_written:
            return
        self._pending[session_id] = seen_at
        if not self._is_writing:
            self._is_writing = True
            current_app.add_background_task(self._write_all)

    async def _write_all(self) -> None:
        try:
            while self._pending:
                taken = dict(islice(self._pending.items(), _IDS_PER_STATEMENT))
                for session_id in taken:
                    del self._pending[session_id]
                self._being_written = taken.keys()
                await write_last_seen(taken, max(taken.values()))
        finally:
            self._being_written = ()
            self._is_writing = False


async def write_last_seen(session_ids: Collection[int], seen_at: datetime) -> None:
    """Set ``last_seen_at`` of these login sessions, except of those whose last update is less than an interval ago.

    Rows that another transaction has locked are skipped: it is about to change them, and two workers that update
    overlapping sets of rows would wait for each other.
    """
    due = (
        select(LoginSession.id)
        .where(LoginSession.id.in_(session_ids), LoginSession.last_seen_at <= seen_at - UPDATE_INTERVAL)
        .with_for_update(skip_locked=True)
    )
    query = update(LoginSession).where(LoginSession.id.in_(due)).values(last_seen_at=seen_at)
    query = query.execution_options(synchronize_session=False)  # this session holds no objects to synchronize
    try:
        async with current_database().session() as session:
            await session.execute(query)
            await session.commit()
    except DatabaseUnavailable as error:
        current_app.logger.warning(
            "Could not update last_seen_at of login sessions; the next request of each tries again: %s", error.__cause__
        )


current_last_seen_updates = Extension[LastSeenUpdates]("quart_app.last_seen")
"""Accessor of the current application's last-seen updates."""
