"""What is written down about a mail that could not be sent: why, and when it is tried again."""

from __future__ import annotations

import random
import re
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import update

from quart_app import clock
from quart_app.database import Database
from quart_app.models.outgoing_mail import ERROR_MAX, OutgoingMail
from quart_app.operation.events import Event, record
from quart_app.operation.metrics import Metrics

from .backoff import delay_after

_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")
#: A token, or the longer part of one that is broken over two lines of an answer: see ``models/login_session``.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}")


class DueMail(NamedTuple):
    """What is known of a mail before it is composed. Its kind may be one of a newer release."""

    id: int
    kind: str
    user_id: int | None
    attempts: int


class Failures:
    """Writes down what became of a failed attempt, in the row of the mail, the log and the metrics.

    Arguments:
        database: it has the queue.
        metrics: they count what is not logged.
    """

    def __init__(self, database: Database, metrics: Metrics) -> None:
        self._database, self._metrics = database, metrics

    async def postpone(self, due: DueMail, reason: str, *, is_logged: bool = True) -> None:
        """Set the time of the next attempt, or give the mail up after many of them."""
        delay = delay_after(due.attempts + 1, random.random())  # noqa: S311 - spreads the attempts, no secret
        if delay is None:
            await self.give_up(due, reason)
            return
        await self._keep(due, reason, clock.now() + delay)
        if is_logged:
            _record(Event.MAIL_FAILED, due, reason)
        else:
            self._metrics.count_event(Event.MAIL_FAILED)

    async def give_up(self, due: DueMail, reason: str) -> None:
        """Keep the mail for operators, without another attempt."""
        await self._keep(due, reason, None)
        _record(Event.MAIL_GIVEN_UP, due, reason)

    async def _keep(self, due: DueMail, reason: str, next_attempt_at: datetime | None) -> None:
        query = (
            update(OutgoingMail)
            .where(OutgoingMail.id == due.id)
            .values(attempts=due.attempts + 1, last_error=_shown(reason), next_attempt_at=next_attempt_at)
        )
        await self._database.execute(query)


def _record(event: Event, due: DueMail, reason: str) -> None:
    line = {"mail": due.id, "kind": due.kind, "attempts": due.attempts + 1, "error": _shown(reason)}
    record(event, user_id=due.user_id, mail=line)


def _shown(reason: str) -> str:
    """A reason for the log and the table, without the addresses and tokens that mail servers repeat in their answers.

    Servers repeat the address as it was sent, which is not always as it was entered, and filters the link that they
    refuse.
    """
    return _TOKEN.sub("...", _ADDRESS.sub("<the address>", reason))[:ERROR_MAX]
