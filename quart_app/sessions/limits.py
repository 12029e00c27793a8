"""How long a login session lasts. The server decides, whatever the expiry of the cookies in the browser is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Self

from sqlalchemy import ColumnElement, and_, or_

from quart_app.extension import Extension
from quart_app.models.login_session import Kind, LoginSession
from quart_app.settings import Settings


class Limits(NamedTuple):
    """The durations of login sessions, from the settings."""

    idle: timedelta
    absolute: timedelta
    remembered: timedelta
    bearer: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The limits in the settings."""
        return cls(
            idle=settings.session_idle,
            absolute=settings.session_absolute,
            remembered=settings.remember_cookie_duration,
            bearer=settings.bearer_duration,
        )

    def longest(self, kind: Kind) -> timedelta:
        """How long a login session of this kind lasts at most, after the password was entered."""
        match kind:
            case Kind.REMEMBERED:
                return self.remembered
            case Kind.BEARER:
                return self.bearer
            case Kind.SESSION:
                return self.absolute

    def shortest(self, kind: Kind) -> timedelta:
        """How long a login session of this kind lasts at least, unless it is ended."""
        longest = self.longest(kind)
        return longest if kind is Kind.REMEMBERED else min(longest, self.idle)

    def end_of(self, session: LoginSession) -> datetime:
        """When a login session expires at the latest."""
        return session.proved_at + self.longest(session.kind)

    def is_expired(self, session: LoginSession, now: datetime) -> bool:
        """Whether a login session has expired."""
        is_idle = now - session.last_seen_at > self.idle and not session.is_remembered
        return is_idle or now > self.end_of(session)

    def expired(self, now: datetime) -> ColumnElement[bool]:
        """The same as :meth:`is_expired`, as an SQL condition."""
        return or_(
            and_(LoginSession.kind == Kind.REMEMBERED, LoginSession.proved_at < now - self.remembered),
            and_(LoginSession.kind == Kind.SESSION, LoginSession.proved_at < now - self.absolute),
            and_(LoginSession.kind == Kind.BEARER, LoginSession.proved_at < now - self.bearer),
            and_(LoginSession.kind != Kind.REMEMBERED, LoginSession.last_seen_at < now - self.idle),
        )


current_limits = Extension[Limits]("quart_app.session_limits")
"""Accessor of the current application's limits."""
