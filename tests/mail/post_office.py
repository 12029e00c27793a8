"""An application that sends mails of the tests' own, when a test says so."""

from __future__ import annotations

from datetime import timedelta
from email.headerregistry import Address

from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app import clock
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.mail.delivery import Delivery, DeliveryFailed, MailServerUnavailable
from quart_app.mail.letter import Composer, Letter
from quart_app.mail.message import Message
from quart_app.mail.queue import enqueue_in
from quart_app.mail.sender import Sender
from quart_app.models.login_session import new_handle
from quart_app.models.mail_sender import THE_ROW, MailSender
from quart_app.models.mail_token import MailToken, TokenPurpose
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from quart_app.models.user import User
from quart_app.operation.metrics import current_metrics

SITE = "https://example.com/"
SENDER = Address("Microblog", "no-reply", "example.com")
LATER = DeliveryFailed("451 later")
AWAY = MailServerUnavailable("connection refused")
TEMPLATES = {
    "mail/of_the_tests.txt": (
        "{% extends 'mail/base.txt' %}{% block content %}{{ name }}, use {{ site }}?token={{ token }}{% endblock %}"
    ),
    "mail/of_the_tests.html": (
        "{% extends 'mail/base.html' %}{% block content %}<p>{{ name }}, use {{ site }}{% endblock %}"
    ),
}


async def compose(session: AsyncSession, mail: OutgoingMail) -> Letter | None:
    """A letter with a new token, to the user with the address; None if there is no such user."""
    user = await session.scalar(select(User).where(User.email == mail.address))
    if user is None:
        return None
    token = new_handle()
    expires_at = clock.now() + timedelta(minutes=30)
    session.add(
        MailToken(
            token_hash=token,
            user_id=user.id,
            purpose=TokenPurpose.SET_PASSWORD,
            email=mail.address,
            expires_at=expires_at,
        )
    )
    return Letter("A link", "of_the_tests", {"name": user.username, "token": token})


class ListDelivery:
    """Keeps what is delivered, and raises the errors that a test gives it.

    Attributes:
        delivered: the mails.
        errors: the next deliveries raise these, one each.
        is_open: whether there was a delivery since the last close.
    """

    def __init__(self) -> None:
        self.delivered: list[Message] = []
        self.errors: list[Exception] = []
        self.is_open = False

    async def deliver(self, message: Message) -> None:
        self.is_open = True
        if self.errors:
            raise self.errors.pop(0)
        self.delivered.append(message)

    async def close(self) -> None:
        self.is_open = False


def add_templates(app: Application) -> None:
    """Let the application find the templates of the letters above."""
    assert app.jinja_env.loader is not None
    app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), app.jinja_env.loader])


class PostOffice:
    """The queue of an application, and a sender."""

    def __init__(self, app: Application) -> None:
        self.app = app
        self.to_list = ListDelivery()
        self.composers: dict[MailKind, Composer] = {MailKind.SET_PASSWORD: compose}
        self.sender = self.sender_to(self.to_list)
        add_templates(app)

    def sender_to(self, delivery: Delivery) -> Sender:
        """Another sender, as another worker has it."""
        return Sender(
            current_database.of(self.app),
            delivery,
            self.composers,
            templates=self.app.jinja_env,
            sender=SENDER,
            metrics=current_metrics.of(self.app),
        )

    async def register(self, name: str = "susan") -> int:
        """Add a user with an address, and return the id."""
        async with current_database.of(self.app).session() as session:
            user = User(username=name, email=f"{name}@example.com")
            session.add(user)
            await session.commit()
            return user.id

    async def enqueue(self, *names: str, user_id: int | None = None) -> None:
        """Add a mail to each of these users, in one transaction."""
        async with current_database.of(self.app).session() as session:
            for name in names:
                address = f"{name}@example.com"
                enqueue_in(session, MailKind.SET_PASSWORD, address, root_url=SITE, user_id=user_id)
            await session.commit()

    async def queue(self) -> list[OutgoingMail]:
        """The mails in the queue: those that were given up first, then by their next attempt."""
        query = select(OutgoingMail).order_by(OutgoingMail.next_attempt_at.asc().nulls_first(), OutgoingMail.id)
        async with current_database.of(self.app).session() as session:
            return list((await session.scalars(query)).all())

    async def tokens(self) -> list[str]:
        """The tokens that are valid."""
        async with current_database.of(self.app).session() as session:
            return list((await session.scalars(select(MailToken.token_hash).order_by(MailToken.expires_at))).all())

    async def age_lease(self, by: timedelta) -> None:
        """Let the lease end so much earlier, as if that time had passed. On PostgreSQL its clock is the database's."""
        async with current_database.of(self.app).session() as session:
            lease = await session.get_one(MailSender, THE_ROW)
            lease.until -= by
            await session.commit()

    def counted(self, event: str) -> float:
        """How often an event was counted."""
        return float(current_metrics.of(self.app).auth_events.labels(event, "")._value.get())
