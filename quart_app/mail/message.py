"""A mail as it is sent: headers, and the same content as text and as HTML."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from uuid import UUID

from jinja2 import Environment

from quart_app.models.outgoing_mail import OutgoingMail

from .letter import Letter

_LONGEST_LINE = 998  # characters (RFC 5322, section 2.1.1)


class UnusableAddress(ValueError):
    """No mail can be sent to an address."""


@dataclass(frozen=True)
class Message:
    """A mail that can be sent.

    Attributes:
        message_id: the random part of its ``Message-ID``.
        sender: the address that errors are reported to.
        recipient: the address that it goes to. Its domain is in ASCII.
        needs_utf8: whether the recipient is not ASCII, so that a server has to support SMTPUTF8 (RFC 6531).
        created_at: the date in its header.
        content: its lines, which end in CRLF.
    """

    message_id: UUID
    sender: str
    recipient: str
    needs_utf8: bool
    created_at: datetime
    content: bytes


def write_message(
    letter: Letter, mail: OutgoingMail, *, sender: Address, templates: Environment, now: datetime
) -> Message:
    """Write the mail with this letter.

    Raises:
        UnusableAddress: no mail can be sent to its address.
    """
    recipient = _recipient(mail.address)
    needs_utf8 = not recipient.addr_spec.isascii()
    message = EmailMessage(SMTPUTF8 if needs_utf8 else SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = letter.subject
    message["Date"] = now
    message["Message-ID"] = f"<{mail.message_id.hex}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation notices for an answer
    context = {"site": mail.root_url, "subject": letter.subject, **letter.context}
    text, html = (templates.get_template(f"mail/{letter.template}.{kind}").render(context) for kind in ("txt", "html"))
    message.set_content(text, cte=_encoding(text))
    message.add_alternative(html, subtype="html", cte=_encoding(html))
    return Message(
        message_id=mail.message_id,
        sender=sender.addr_spec,
        recipient=recipient.addr_spec,
        needs_utf8=needs_utf8,
        created_at=now,
        content=message.as_bytes(),
    )


def _encoding(text: str) -> str:
    """An encoding in ASCII; none if that is possible, so that a link in a file can be copied as it is."""
    is_plain = text.isascii() and all(len(line) <= _LONGEST_LINE for line in text.splitlines())
    return "7bit" if is_plain else "quoted-printable"


def _recipient(address: str) -> Address:
    """The address with its domain in ASCII, so that only a name that is not ASCII needs SMTPUTF8."""
    local, _, domain = address.strip().rpartition("@")
    if not domain.isascii():
        domain = _ascii_domain(address)
    if local.isascii():
        with suppress(ValueError, IndexError, MessageError):  # what the email package raises depends on the address
            return Address(addr_spec=f"{local}@{domain}")
    elif local.isprintable():
        return Address(username=local, domain=domain)  # addr_spec would refuse it
    raise UnusableAddress("This is not an email address.")


def _ascii_domain(address: str) -> str:
    import email_validator  # takes 25 ms

    try:
        return email_validator.validate_email(address, check_deliverability=False).ascii_domain
    except email_validator.EmailNotValidError as error:
        raise UnusableAddress("The domain of this address cannot be used.") from error
