"""When a login session was last seen, to the minute."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import islice

from quart import current_app
from sqlalchemy import select, update

from quart_app.database import DatabaseUnavailable, current_database
from quart_app.extension import Extension
from quart_app.models.login_session import LoginSession

#: How exact ``last_seen_at`` is: writing down each request would cost each request a transaction.
SEEN_EVERY = timedelta(minutes=1)

_IDS_PER_STATEMENT = 500


def is_sighting_due(session: LoginSession, now: datetime) -> bool:
    """Whether it is time to write down that a login session is in use."""
    return now - session.last_seen_at >= SEEN_EVERY


class Sightings:
    """Login sessions that were seen, on their way to the database: in the background, and together.

    No answer should wait, or fail, for this. Nor should it wait for others': after a quiet minute each of a thousand
    users would be a transaction, and take a connection that look-ups need. So one is under way at a time, and takes
    all who have come until it begins.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, datetime] = {}
        self._under_way: Collection[int] = ()
        self._is_writing = False

    def add(self, session_id: int, seen_at: datetime) -> None:
        """Write down that a login session was in use at a moment."""
        if session_id in self._under_way:
            return
        self._waiting[session_id] = seen_at
        if not self._is_writing:
            self._is_writing = True
            current_app.add_background_task(self._write_all)

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                taken = dict(islice(self._waiting.items(), _IDS_PER_STATEMENT))
                for session_id in taken:
                    del self._waiting[session_id]
                self._under_way = taken.keys()
                await write_sightings(taken, max(taken.values()))
        finally:
            self._under_way = ()
            self._is_writing = False


async def write_sightings(session_ids: Collection[int], seen_at: datetime) -> None:
    """Write down that login sessions were in use at a moment, but for those of which that minute or later is there.

    Rows that somebody else has locked are left out: they are about to change, and two workers whose users are partly
    the same would wait for each other.
    """
    due = (
        select(LoginSession.id)
        .where(LoginSession.id.in_(session_ids), LoginSession.last_seen_at <= seen_at - SEEN_EVERY)
        .with_for_update(skip_locked=True)
    )
    query = update(LoginSession).where(LoginSession.id.in_(due)).values(last_seen_at=seen_at)
    query = query.execution_options(synchronize_session=False)  # there is none to keep in step
    try:
        async with current_database().session() as session:
            await session.execute(query)
            await session.commit()
    except DatabaseUnavailable as error:
        current_app.logger.warning("Could not write down that login sessions are in use: %s", error.__cause__)


current_sightings = Extension[Sightings]("quart_app.sightings")
"""The last-seen updates of the application that is running now."""
