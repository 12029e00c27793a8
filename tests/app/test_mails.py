"""What the mails to users say."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import pytest
from sqlalchemy import select

from quart_app import clock
from quart_app.accounts.mails import COMPOSERS
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.mail.message import write_message
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from tests.app.mailbox import sent_mail
from tests.app.program import Program
from tests.app.visitor import PASSWORD, Visitor

NAME = "<b>Win</b> at evil.test"  # a name that a stranger would like to send to any address
OLD, NEW = "o'hara&co@example.com", "o.hara@example.org"


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the mails do not depend on the database."""
    return migrated_sqlite_url


async def written(app: Application) -> dict[MailKind, EmailMessage]:
    """The mails in the queue as they are sent, by kind."""
    mails = {}
    async with app.app_context(), current_database.of(app).session() as session:
        for row in (await session.scalars(select(OutgoingMail))).all():
            letter = await COMPOSERS[row.kind](session, row)
            assert letter is not None
            sender = Address("Microblog", "no-reply", "example.com")
            message = write_message(letter, row, sender=sender, templates=app.jinja_env, now=clock.now())
            mails[row.kind] = message_from_bytes(message.content, EmailMessage, policy=default)
        await session.commit()
    return mails


async def test_what_they_say(app: Application) -> None:
    """Text and HTML say the same, with one link to the site; nothing in them was written by a stranger."""
    user = Visitor(app)
    await user.register(NAME, email=OLD)
    await user.login(NAME)
    await user.submit("/forgotten?next=/live", email=OLD)
    mails = await written(app)
    await user.submit("/account/email", email=NEW, current_password=PASSWORD)
    link = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await Program(app).send("POST", "/email-confirmations", {"token": link.token})
    fields = {"current_password": PASSWORD, "password": f"{PASSWORD} 2", "password2": f"{PASSWORD} 2"}
    await user.submit("/account/password", **fields)
    mails |= await written(app)

    assert {kind: (mail["Subject"], mail["To"]) for kind, mail in mails.items()} == {
        MailKind.CONFIRM_ADDRESS: ("Confirm your email address", OLD),
        MailKind.SET_PASSWORD: ("Set a new password", OLD),
        MailKind.ADDRESS_CHANGED: ("Your email address was changed", OLD),
        MailKind.PASSWORD_CHANGED: ("Your password was changed", NEW),
    }
    pages = {
        MailKind.CONFIRM_ADDRESS: r"account/email/confirm\?token=[\w-]{43}",
        MailKind.SET_PASSWORD: r"password/new\?token=[\w-]{43}",
        MailKind.PASSWORD_CHANGED: "forgotten",
    }
    for kind, mail in mails.items():
        text, html = (str(part.get_content()) for part in mail.iter_parts() if isinstance(part, EmailMessage))
        assert "http://localhost/" in text
        assert set(re.findall(r'href="([^"]*)"', html)) - {"http://localhost/"} == {
            link.replace("&", "&amp;") for link in re.findall(r"http://localhost/\S+", text)
        }
        if kind in pages:
            assert re.search(rf"^http://localhost/{pages[kind]}\r?$", text, re.MULTILINE)
        for part in (text, html):
            assert "evil" not in part
            assert NEW not in part
            assert "{" not in part


async def test_a_change_is_named(app: Application) -> None:
    """A mail to a new address says that it is about an account that there is."""
    user = Visitor(app)
    await user.register()
    await user.login()
    await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    await user.submit("/account/email", email=NEW, current_password=PASSWORD)
    mail = (await written(app))[MailKind.CONFIRM_ADDRESS]
    for part in mail.iter_parts():
        assert isinstance(part, EmailMessage)
        assert "wants to change its email address to this one" in part.get_content()
