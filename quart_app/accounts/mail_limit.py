"""Limits how many mails with links are sent to one account, or to one address that somebody entered.

The window is as long as a link is valid. Using up the mails of another user locks nobody out: the last link that was
sent is valid until further mails are allowed.
"""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.errors.problems import MAILS_USED_UP, LimitReached
from quart_app.extension import Extension
from quart_app.models.user import User, email_key
from quart_app.operation.events import Event, record

from .attempts import AttemptCounter
from .throttle import attempts_key


class TooManyMails(LimitReached):
    """The account was sent too many mails, so there was no further one: 429, with the seconds to wait."""

    def __init__(self, wait: timedelta, limit: int) -> None:
        seconds = max(1, ceil(wait.total_seconds()))
        minutes = ceil(seconds / 60)
        when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        super().__init__(
            MAILS_USED_UP,
            f"Too many mails have been sent. Look for them, and try again {when}.",
            retry_after=seconds,
            limit=limit,
        )


class MailLimit:
    """Limits how many mails are sent on behalf of one key.

    Its counts are in the table of failed attempts, and ``throttle`` deletes them when they have expired.

    Arguments:
        attempts: counts the mails.
        limit: how many are sent.
        window: how long a count lasts, from its first mail.
    """

    def __init__(self, attempts: AttemptCounter, *, limit: int, window: timedelta) -> None:
        self._attempts = attempts
        self._limit = limit
        self._window = window

    async def allows_reset(self, email: str) -> bool:
        """Count a mail to set a new password; whether it may be sent. Accounts and other addresses are counted alike.

        Arguments:
            email: as entered. It is compared as those of accounts are, so it stands for the account, too.
        """
        number, _ = await self._attempts.count(
            attempts_key("mail", email_key(email)), now=clock.now(), window=self._window
        )
        if number > self._limit:
            record(Event.THROTTLED, limit=MAILS_USED_UP.name)
        return number <= self._limit

    async def count_in(self, session: AsyncSession, user: User) -> None:
        """Count a mail that a user who is logged in has asked for, in the transaction that queues it.

        Raises:
            TooManyMails: it must not be sent.
        """
        now = clock.now()
        number, ends_at = await self._attempts.count_in(
            session, attempts_key("mails of", str(user.id)), now=now, window=self._window
        )
        if number > self._limit:
            record(Event.THROTTLED, user_id=user.id, limit=MAILS_USED_UP.name)
            raise TooManyMails(ends_at - now, self._limit)


current_mail_limit = Extension[MailLimit]("quart_app.mail_limit")
"""Accessor of the current application's limit of mails."""
