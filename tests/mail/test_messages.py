"""What a mail looks like that is sent."""

from __future__ import annotations

from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader
from quart import Quart

from quart_app import clock
from quart_app.accounts.name_rules import check_email, check_username
from quart_app.framework.templating import PromptEnvironment
from quart_app.mail.letter import Letter
from quart_app.mail.message import Message, UnusableAddress, write_message
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from tests.mail.post_office import SENDER, SITE, TEMPLATES

HEADERS = ["Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"]
FRAME = "{% block content %}{% endblock %}"
TEXTS = PromptEnvironment(
    Quart(__name__),
    autoescape=lambda name: name is not None and name.endswith(".html"),
    loader=DictLoader({"mail/base.txt": FRAME, "mail/base.html": FRAME, **TEMPLATES}),
)


def written(address: str = "susan@example.com", *, name: str = "susan", subject: str = "A link") -> Message:
    """A mail to this address."""
    mail = OutgoingMail(MailKind.SET_PASSWORD, address, root_url=SITE)
    letter = Letter(subject, "of_the_tests", {"name": name, "token": "secret"})
    return write_message(letter, mail, sender=SENDER, templates=TEXTS, now=clock.now())


def read(message: Message) -> EmailMessage:
    """The mail as a mail program reads it."""
    found = message_from_bytes(message.content, policy=default)
    assert isinstance(found, EmailMessage)
    assert found.defects == []
    return found


def part(message: EmailMessage, kind: str) -> str:
    """The text of the part of this kind."""
    found = message.get_body((kind,))
    assert found is not None
    text: str = found.get_content()
    return text.strip()


def test_headers() -> None:
    """A mail has the headers that RFC 5322 and RFC 3834 want, once each, and no other."""
    message = written()
    headers = {name: str(value) for name, value in read(message).items()}
    assert headers.pop("Content-Type").startswith("multipart/alternative")
    assert headers.pop("Date").endswith("+0000")
    assert headers == {
        "From": "Microblog <no-reply@example.com>",
        "To": "susan@example.com",
        "Subject": "A link",
        "Message-ID": f"<{message.message_id.hex}@example.com>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }
    assert sorted(read(message).keys()) == HEADERS
    assert (message.sender, message.recipient) == ("no-reply@example.com", "susan@example.com")
    assert not message.needs_utf8


def test_attempts_share_the_message_id() -> None:
    """Each attempt to send a mail has the same Message-ID, and two mails have different ones."""
    mail = OutgoingMail(MailKind.SET_PASSWORD, "susan@example.com", root_url=SITE)
    letter = Letter("A link", "of_the_tests")
    ids = [
        str(read(write_message(letter, mail, sender=SENDER, templates=TEXTS, now=clock.now()))["Message-ID"])
        for _ in range(2)
    ]
    assert ids[0] == ids[1] != str(read(written())["Message-ID"])


def test_parts() -> None:
    """The same content is there as text, where nothing is escaped, and as HTML, where markup is."""
    message = read(written(name="<b>Müßig & Co.</b>"))
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    assert part(message, "plain") == f"<b>Müßig & Co.</b>, use {SITE}?token=secret"
    assert part(message, "html") == f"<p>&lt;b&gt;Müßig &amp; Co.&lt;/b&gt;, use {SITE}"


def test_links_can_be_copied() -> None:
    """In ASCII each line is as it is, so that a link can be copied from a file; other texts are encoded as ASCII."""
    link = f"use {SITE}?token=".encode()
    assert link in written(name="susan" * 50).content
    for name in ("müßig", "susan" * 200):
        message = written(name=name)
        assert message.content.isascii()
        assert max(map(len, message.content.splitlines())) <= 78
        assert part(read(message), "plain").startswith(f"{name}, use")


@pytest.mark.parametrize(
    ("address", "recipient", "needs_utf8"),
    [
        ("Susan.O'Hara+x@Example.com", "Susan.O'Hara+x@Example.com", False),
        (" susan@example.com ", "susan@example.com", False),
        ('"a b"@example.com', '"a b"@example.com', False),
        ("susan@exämple.com", "susan@xn--exmple-cua.com", False),
        ("susan@straße.de", "susan@xn--strae-oqa.de", False),
        ("jörg@example.com", "jörg@example.com", True),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v", True),
    ],
)
def test_addresses(address: str, recipient: str, needs_utf8: bool) -> None:
    """A domain is sent in ASCII (IDNA 2008); only a name that is not ASCII needs SMTPUTF8."""
    message = written(address)
    assert (message.recipient, message.needs_utf8) == (recipient, needs_utf8)
    assert message.content.isascii() is not needs_utf8
    assert str(read(message)["To"]) == recipient


@pytest.mark.parametrize(
    "address",
    [
        *("", "susan", "@example.com", "susan@", "a b@example.com", "a@b, c@example.com", "<susan@example.com>"),
        *("a@b\r\nBcc: c@example.com", "jö\nrg@example.com", "a@ex ämple.com", "a@example.com>\r\nBcc: <x@y.z"),
    ],
)
def test_unusable_addresses(address: str) -> None:
    """What is not a single address is an error of its own, and never a header."""
    with pytest.raises(UnusableAddress):
        written(address)


@pytest.mark.fuzz
@given(st.text(), st.text(), st.emails())
@settings(max_examples=30, deadline=None)
def test_nothing_is_injected(name: str, subject: str, email: str) -> None:
    """Whatever a name, a subject or an address is, the mail has these headers and goes to one address, or is none."""
    try:
        message = written(email, name=name, subject=subject)
    except ValueError:  # a subject of several lines
        assert len(subject.splitlines()) > 1 or not subject.isprintable()
        return
    found = read(message)
    assert sorted(found.keys()) == HEADERS
    (recipient,) = found["To"].addresses
    assert recipient.addr_spec == message.recipient


@pytest.mark.fuzz
@given(st.text(min_size=1, max_size=20), st.emails())
@settings(max_examples=30, deadline=None)
def test_what_is_accepted_can_be_written_to(name: str, email: str) -> None:
    """A mail can be written to each user that can register, and has the name in its text."""
    try:
        name, email = check_username(name), check_email(email)
    except ValueError:
        return
    message = read(written(email, name=name))
    assert name in part(message, "plain")
    assert isinstance(message["To"].addresses[0], Address)
