"""How long a login session lasts. Decided here, on the server: what a browser keeps is the browser's affair."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Self

from sqlalchemy import ColumnElement, and_, or_

from quart_app.models.login_session import Kind, LoginSession
from quart_app.settings import Settings, current_settings


class Limits(NamedTuple):
    """The limits of an application; see its settings."""

    idle: timedelta
    absolute: timedelta
    remembered: timedelta
    bearer: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those that the settings say."""
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
        """How long it lasts at least, unless somebody ends it."""
        longest = self.longest(kind)
        return longest if kind is Kind.REMEMBERED else min(longest, self.idle)

    def end_of(self, session: LoginSession) -> datetime:
        """When a login session ends at the latest."""
        return session.proved_at + self.longest(session.kind)

    def is_over(self, session: LoginSession, now: datetime) -> bool:
        """Whether a login session has ended by itself."""
        is_idle = now - session.last_seen_at > self.idle and not session.is_remembered
        return is_idle or now > self.end_of(session)

    def over(self, now: datetime) -> ColumnElement[bool]:
        """The same as :meth:`is_over`, for the database."""
        return or_(
            and_(LoginSession.kind == Kind.REMEMBERED, LoginSession.proved_at < now - self.remembered),
            and_(LoginSession.kind == Kind.SESSION, LoginSession.proved_at < now - self.absolute),
            and_(LoginSession.kind == Kind.BEARER, LoginSession.proved_at < now - self.bearer),
            and_(LoginSession.kind != Kind.REMEMBERED, LoginSession.last_seen_at < now - self.idle),
        )


def current_limits() -> Limits:
    """Those of the application that is running now."""
    return Limits.of(current_settings())
