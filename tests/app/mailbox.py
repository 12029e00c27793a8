"""What the mails in the queue say: they are composed as when they are sent, and leave the queue."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from quart import Quart
from sqlalchemy import delete, select

from quart_app.accounts.mails import COMPOSERS
from quart_app.database import current_database
from quart_app.models.outgoing_mail import MailKind, OutgoingMail


class Mail(NamedTuple):
    """A mail that would have been sent."""

    kind: MailKind
    address: str
    template: str
    link: str | None

    @property
    def page(self) -> str:
        """The path and the query of the link."""
        assert self.link is not None, f"{self.kind} has no link"
        parts = urlsplit(self.link)
        return f"{parts.path}?{parts.query}"

    @property
    def token(self) -> str:
        """The token in the link."""
        return parse_qs(urlsplit(self.page).query)["token"][0]


async def queued(app: Quart) -> list[OutgoingMail]:
    """The mails in the queue."""
    async with app.app_context(), current_database.of(app).session() as session:
        return list((await session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))).all())


async def compose(app: Quart, mail_id: int) -> Mail | None:
    """Compose a mail of the queue, in a transaction of its own, as for each attempt to send it."""
    async with app.app_context(), current_database.of(app).session() as session:
        row = await session.get(OutgoingMail, mail_id)
        letter = None if row is None else await COMPOSERS[row.kind](session, row)
        if row is None or letter is None:
            await session.commit()
            return None
        link = letter.context.get("link")
        mail = Mail(row.kind, row.address, letter.template, None if link is None else str(link))
        await session.commit()
    return mail


async def sent_mails(app: Quart) -> list[Mail]:
    """Empty the queue; return what was sent, the oldest first."""
    sent = []
    for row in await queued(app):
        if (mail := await compose(app, row.id)) is not None:
            sent.append(mail)
        async with app.app_context():
            await current_database.of(app).execute(delete(OutgoingMail).where(OutgoingMail.id == row.id))
    return sent


async def sent_mail(app: Quart, kind: MailKind) -> Mail:
    """Empty the queue; return the last mail of this kind."""
    return [mail for mail in await sent_mails(app) if mail.kind is kind][-1]
