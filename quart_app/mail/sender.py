"""Sends the mails that are due, one after the other.

For each mail these steps follow each other, and a worker may be killed between any two of them:

1. The lease is renewed. That also shows that the database can be written to: on a full disk no mail is sent whose row
   could not be deleted afterwards.
2. In one transaction the mail is composed. What that adds, such as a token, is committed.
3. The mail is sent.
4. Its row is deleted. Until then it counts as not sent, and is sent again.
"""

from __future__ import annotations

import asyncio
import random
import re
from datetime import datetime
from email.headerregistry import Address
from math import inf
from typing import NamedTuple

from jinja2 import Environment
from sqlalchemy import String, delete, func, or_, select, type_coerce, update

from quart_app import clock
from quart_app.database import Database, DatabaseUnavailable
from quart_app.models.outgoing_mail import ERROR_MAX, OutgoingMail
from quart_app.operation.events import Event, record
from quart_app.operation.logs import get_logger
from quart_app.operation.metrics import Metrics

from .backoff import NEVER_LATER, delay_after
from .delivery import Delivery, DeliveryFailed, MailRefused, MailServerUnavailable
from .lease import Lease
from .letter import Composers, Letter
from .message import Message, UnusableAddress, write_message

POLL = 2.0
"""Seconds between two looks into the queue, for mails of other workers and those that are tried again."""

OUTAGE_PAUSE = 10.0
"""Seconds until the mail server is tried again after no mail could be sent."""

ATTEMPT_TIMEOUT = 60.0
"""Seconds for one attempt in all. It is less than the lease lasts, so that no other worker has begun meanwhile."""

_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")
#: A token, or the longer part of one that is broken over two lines of an answer: see ``models/login_session``.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}")

_log = get_logger("quart_app.mail")


class _Due(NamedTuple):
    """What is known of a mail before it is composed. Its kind may be one of a newer release."""

    id: int
    kind: str
    user_id: int | None
    attempts: int


class Sender:
    """Sends mails while it holds the lease.

    Arguments:
        database: it has the queue and the lease.
        delivery: where mails go.
        composers: write what a mail says, by its kind.
        templates: of the mails.
        sender: the address that they come from.
        metrics: it has the gauge of mails that wait.
    """

    def __init__(
        self,
        database: Database,
        delivery: Delivery,
        composers: Composers,
        *,
        templates: Environment,
        sender: Address,
        metrics: Metrics,
    ) -> None:
        self._database, self._delivery, self._composers = database, delivery, composers
        self._templates, self._sender, self._metrics = templates, sender, metrics
        self._lease = Lease(database)
        self._stopping = False
        self._is_server_unavailable = False
        # Mails that were sent, and whose rows could not be deleted: the next attempt only deletes them.
        self._sent: set[int] = set()

    @property
    def is_server_unavailable(self) -> bool:
        """Whether this worker could send no mail at its last attempt, whichever it was, and some wait."""
        return self._is_server_unavailable

    def stop(self) -> None:
        """Send no further mail after the current one."""
        self._stopping = True

    async def send_due(self) -> float:
        """Send all mails that are due, unless another worker does; return the seconds until the next look.

        Call it in the context of the application. When the mail server is unavailable the lease is released, too: a
        worker of another host may reach it.

        Raises:
            DatabaseUnavailable: the database does not answer. The mails wait.
        """
        waiting, seconds = await self._look()
        self._metrics.mails_waiting.set(waiting)
        if not waiting:
            self._report_end_of_outage("No mail waits any more")  # others sent all, or they were given up
        if seconds > 0:
            return min(seconds, POLL)
        try:
            while await self._lease.take():
                due = None if self._stopping else await self._next()
                if due is None:
                    await self._lease.release()
                    break
                await self._attempt(due)
        except MailServerUnavailable:
            await self._lease.release()
            return OUTAGE_PAUSE
        finally:
            await self._delivery.close()
        return POLL

    async def release(self) -> None:
        """Let another worker send at once."""
        await self._lease.release()

    async def _look(self) -> tuple[int, float]:
        """How many mails wait, and the seconds until the first of them is due."""
        time = OutgoingMail.next_attempt_at
        query = select(func.count(), func.min(time), func.max(time)).where(time.is_not(None))
        ((waiting, earliest, latest),) = await self._database.execute(query)
        if not waiting:
            return 0, inf
        now = clock.now()
        return waiting, 0 if latest > now + NEVER_LATER else (earliest - now).total_seconds()

    async def _next(self) -> _Due | None:
        now, time = clock.now(), OutgoingMail.next_attempt_at
        query = (
            select(
                OutgoingMail.id,
                type_coerce(OutgoingMail.kind, String),
                OutgoingMail.user_id,
                OutgoingMail.attempts,
            )
            .where(or_(time <= now, time > now + NEVER_LATER))
            .order_by(time, OutgoingMail.id)
            .limit(1)
        )
        rows = await self._database.execute(query)
        return _Due(*rows[0]) if rows else None

    async def _attempt(self, due: _Due) -> None:
        """Try to send a mail, and write down what became of it.

        Raises:
            DatabaseUnavailable: the mail is tried again.
            MailServerUnavailable: so are all.
        """
        try:
            async with asyncio.timeout(ATTEMPT_TIMEOUT):
                is_sent = due.id not in self._sent and await self._compose_and_deliver(due)
        except DatabaseUnavailable:
            raise
        except (MailRefused, UnusableAddress) as error:
            await self._give_up(due, str(error))
        except MailServerUnavailable as error:
            self._report_outage(error)
            await self._postpone(due, str(error), is_logged=False)
            raise
        except DeliveryFailed as error:
            await self._postpone(due, str(error))
        except TimeoutError:
            await self._postpone(due, f"The mail server did not answer within {ATTEMPT_TIMEOUT:.0f} s.")
        except Exception:  # noqa: BLE001 - whatever a composer raises, the other mails go on
            _log.exception("A mail cannot be composed or sent; it will be tried again", mail=due.id, kind=due.kind)
            await self._postpone(due, "It cannot be composed or sent; the log has the error.")
        else:
            if is_sent:
                self._report_end_of_outage("Mails can be sent again")
                self._sent.add(due.id)
                record(Event.MAIL_SENT, user_id=due.user_id, mail={"mail": due.id, "kind": due.kind})
            await self._database.execute(delete(OutgoingMail).where(OutgoingMail.id == due.id))
            self._sent.discard(due.id)

    async def _compose_and_deliver(self, due: _Due) -> bool:
        """Send a mail; return whether there was one: its row may be deleted by now, or nothing is left to say."""
        message = await self._compose(due)
        if message is None:
            return False
        await self._delivery.deliver(message)
        return True

    async def _compose(self, due: _Due) -> Message | None:
        async with self._database.session() as session:
            mail = await session.get(OutgoingMail, due.id)
            letter = None if mail is None else await self._composers[mail.kind](session, mail)
            message = None if mail is None or letter is None else self._write(letter, mail)
            await session.commit()
        return message

    def _write(self, letter: Letter, mail: OutgoingMail) -> Message:
        return write_message(letter, mail, sender=self._sender, templates=self._templates, now=clock.now())

    async def _postpone(self, due: _Due, reason: str, *, is_logged: bool = True) -> None:
        """Set the time of the next attempt, or give the mail up after many of them."""
        attempts = due.attempts + 1
        delay = delay_after(attempts, random.random())  # noqa: S311 - spreads the attempts, no secret
        if delay is None:
            await self._give_up(due, reason)
            return
        await self._keep(due, reason, clock.now() + delay)
        if is_logged:
            self._record(Event.MAIL_FAILED, due, reason)
        else:
            self._metrics.count_event(Event.MAIL_FAILED)

    async def _give_up(self, due: _Due, reason: str) -> None:
        await self._keep(due, reason, None)
        self._record(Event.MAIL_GIVEN_UP, due, reason)

    async def _keep(self, due: _Due, reason: str, next_attempt_at: datetime | None) -> None:
        query = (
            update(OutgoingMail)
            .where(OutgoingMail.id == due.id)
            .values(attempts=due.attempts + 1, last_error=_shown(reason), next_attempt_at=next_attempt_at)
        )
        await self._database.execute(query)

    def _record(self, event: Event, due: _Due, reason: str) -> None:
        line = {"mail": due.id, "kind": due.kind, "attempts": due.attempts + 1, "error": _shown(reason)}
        record(event, user_id=due.user_id, mail=line)

    def _report_outage(self, error: MailServerUnavailable) -> None:
        """Log it once, however many mails wait and however often they are tried."""
        if not self._is_server_unavailable:
            self._is_server_unavailable = True
            _log.error("No mail can be sent; all wait in the queue and are tried again", error=str(error))

    def _report_end_of_outage(self, reason: str) -> None:
        if self._is_server_unavailable:
            self._is_server_unavailable = False
            _log.info(reason)


def _shown(reason: str) -> str:
    """A reason for the log and the table, without the addresses and tokens that mail servers repeat in their answers.

    Servers repeat the address as it was sent, which is not always as it was entered, and filters the link that they
    refuse.
    """
    return _TOKEN.sub("...", _ADDRESS.sub("<the address>", reason))[:ERROR_MAX]
