"""How long a login session lasts. Decided here, on the server: what a browser keeps is the browser's affair."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from .models import Kind, LoginSession

#: How exact ``last_seen_at`` is: writing down each request would cost each request a transaction.
SEEN_EVERY = timedelta(minutes=1)


class Limits(NamedTuple):
    """The limits of an application; see its settings."""

    idle: timedelta
    absolute: timedelta
    remembered: timedelta
    bearer: timedelta

    def end_of(self, session: LoginSession) -> datetime:
        """When a login session ends at the latest."""
        match session.kind:
            case Kind.REMEMBERED:
                return session.proved_at + self.remembered
            case Kind.BEARER:
                return session.proved_at + self.bearer
            case Kind.SESSION:
                return session.proved_at + self.absolute

    def is_over(self, session: LoginSession, now: datetime) -> bool:
        """Whether a login session has ended by itself."""
        is_idle = now - session.last_seen_at > self.idle and not session.is_remembered
        return is_idle or now > self.end_of(session)


def is_sighting_due(session: LoginSession, now: datetime) -> bool:
    """Whether it is time to write down that a login session is in use."""
    return now - session.last_seen_at >= SEEN_EVERY
