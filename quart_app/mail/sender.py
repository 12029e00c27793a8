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
from email.headerregistry import Address
from math import inf
from time import monotonic

from jinja2 import Environment
from sqlalchemy import String, delete, func, or_, select, type_coerce

from quart_app import clock
from quart_app.database import Database, DatabaseUnavailable
from quart_app.models.outgoing_mail import OutgoingMail
from quart_app.operation.events import Event, record
from quart_app.operation.logs import get_logger
from quart_app.operation.metrics import Metrics

from .backoff import NEVER_LATER
from .delivery import Delivery, DeliveryFailed, MailRefused, MailServerUnavailable
from .failures import DueMail, Failures
from .lease import Lease
from .letter import Composers, Letter
from .message import Message, UnusableAddress, write_message

POLL = 2.0
"""Seconds between two looks into the queue, for mails of other workers and those that are tried again."""

OUTAGE_PAUSE = 10.0
"""Seconds until the mail server is tried again after no mail could be sent."""

ATTEMPT_TIMEOUT = 60.0
"""Seconds for one attempt in all. It is less than the lease lasts, so that no other worker has begun meanwhile."""

_log = get_logger("quart_app.mail")


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
        self._lease, self._failures = Lease(database), Failures(database, metrics)
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
        if not waiting:
            # Others have sent all, or they were given up.
            self._report_end_of_outage("The outage of the mail server is over: no mail waits")
        if seconds > 0:
            return min(seconds, POLL)
        looked_at = monotonic()
        try:
            while await self._lease.take():
                if monotonic() - looked_at >= POLL:  # to send thousands takes minutes, and the gauge has to go down
                    await self._look()
                    looked_at = monotonic()
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
        """How many mails wait, which the gauge shows, and the seconds until the first of them is due."""
        time = OutgoingMail.next_attempt_at
        query = select(func.count(), func.min(time), func.max(time)).where(time.is_not(None))
        ((waiting, earliest, latest),) = await self._database.execute(query)
        self._metrics.mails_waiting.set(waiting)
        if not waiting:
            return 0, inf
        now = clock.now()
        return waiting, 0 if latest > now + NEVER_LATER else (earliest - now).total_seconds()

    async def _next(self) -> DueMail | None:
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
        return DueMail(*rows[0]) if rows else None

    async def _attempt(self, due: DueMail) -> None:
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
            await self._failures.give_up(due, str(error))
        except MailServerUnavailable as error:
            self._report_outage(error)
            await self._failures.postpone(due, str(error), is_logged=False)
            raise
        except DeliveryFailed as error:
            await self._failures.postpone(due, str(error))
        except TimeoutError:
            await self._failures.postpone(due, f"The mail server did not answer within {ATTEMPT_TIMEOUT:.0f} s.")
        except Exception:  # noqa: BLE001 - whatever a composer raises, the other mails go on
            _log.exception("A mail cannot be composed or sent; it will be tried again", mail=due.id, kind=due.kind)
            await self._failures.postpone(due, "It cannot be composed or sent; the log has the error.")
        else:
            if is_sent:
                self._report_end_of_outage("The outage of the mail server is over: mails are sent again")
                self._sent.add(due.id)
                record(Event.MAIL_SENT, user_id=due.user_id, mail={"mail": due.id, "kind": due.kind})
            await self._database.execute(delete(OutgoingMail).where(OutgoingMail.id == due.id))
            self._sent.discard(due.id)

    async def _compose_and_deliver(self, due: DueMail) -> bool:
        """Send a mail; return whether there was one: its row may be deleted by now, or nothing is left to say."""
        message = await self._compose(due)
        if message is None:
            return False
        await self._delivery.deliver(message)
        return True

    async def _compose(self, due: DueMail) -> Message | None:
        async with self._database.session() as session:
            mail = await session.get(OutgoingMail, due.id)
            letter = None if mail is None else await self._composers[mail.kind](session, mail)
            message = None if mail is None or letter is None else self._write(letter, mail)
            await session.commit()
        return message

    def _write(self, letter: Letter, mail: OutgoingMail) -> Message:
        return write_message(letter, mail, sender=self._sender, templates=self._templates, now=clock.now())

    def _report_outage(self, error: MailServerUnavailable) -> None:
        """Log it once, however many mails wait and however often they are tried."""
        if not self._is_server_unavailable:
            self._is_server_unavailable = True
            _log.error(
                "The mail server cannot be used. No mail is lost: all wait, and are tried again. Check MAIL_URL",
                error=str(error),
            )

    def _report_end_of_outage(self, reason: str) -> None:
        if self._is_server_unavailable:
            self._is_server_unavailable = False
            _log.info(reason)
