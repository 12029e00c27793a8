"""Mails to a real mail server, with its faults: what is temporary, what is final, and what is nobody's fault."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from quart_app.mail import smtp
from quart_app.mail.delivery import DeliveryFailed, MailRefused, MailServerUnavailable
from quart_app.mail.message import Message
from quart_app.mail.smtp import SmtpDelivery
from quart_app.mail_url import MailServer as Address
from quart_app.mail_url import read_mail_url
from tests.mail.mail_server import MailServer
from tests.mail.post_office import PostOffice
from tests.serving.server import EXIT_TIMEOUT

pytestmark = pytest.mark.served


def mail(recipient: str = "susan@example.com", content: bytes = b"Subject: x\r\n\r\n.hidden\r\n") -> Message:
    """A mail to this address."""
    return Message(
        message_id=uuid4(),
        sender="no-reply@example.com",
        recipient=recipient,
        needs_utf8=not recipient.isascii(),
        created_at=datetime.now(UTC),
        content=content,
    )


def delivery_to(url: str) -> SmtpDelivery:
    """The delivery of an application with this ``MAIL_URL``."""
    server = read_mail_url(url)
    assert isinstance(server, Address)
    return SmtpDelivery(server)


async def attempt(delivery: SmtpDelivery, message: Message | None = None) -> None:
    """Deliver a mail, and close the connection."""
    try:
        await delivery.deliver(message or mail())
    finally:
        await delivery.close()


@pytest.mark.parametrize("listener", ["starttls", "tls"])
async def test_it_is_encrypted_and_logged_in(mail_server: MailServer, listener: str) -> None:
    """Mails go over one connection, encrypted and after a login, as they were written."""
    delivery = delivery_to(mail_server.url(listener))
    await delivery.deliver(mail())
    await delivery.deliver(mail())
    await delivery.close()

    first, second = mail_server.received
    assert first == second
    assert (first.sender, first.recipients) == ("no-reply@example.com", ["susan@example.com"])
    assert (first.is_encrypted, first.is_logged_in) == (True, True)
    assert first.content == "Subject: x\r\n\r\n.hidden\r\n"
    assert (mail_server.steps.count("CONNECT"), mail_server.steps.count("MAIL")) == (1, 2)


async def test_without_encryption(mail_server: MailServer) -> None:
    """Only with ``starttls=no`` a mail is sent unencrypted."""
    url = mail_server.url("plain", login="")
    with pytest.raises(MailServerUnavailable, match=r"no STARTTLS.*starttls=no"):
        await attempt(delivery_to(url))
    assert mail_server.steps == ["CONNECT", "EHLO"]
    await attempt(delivery_to(url + "&starttls=no"))
    assert [received.is_encrypted for received in mail_server.received] == [False]


async def test_certificates(mail_server: MailServer) -> None:
    """A certificate of an unknown authority, or of another name, ends the connection before the login."""
    unknown = [mail_server.url(listener).partition("?")[0] for listener in ("starttls", "tls")]
    for url, reason in ((mail_server.url("other"), "Hostname mismatch"), *((url, "self-signed") for url in unknown)):
        with pytest.raises(MailServerUnavailable, match=reason):
            await attempt(delivery_to(url))
    assert not {"AUTH", "MAIL"} & set(mail_server.steps)


@pytest.mark.parametrize(("scheme", "listener", "hint"), [("smtp", "tls", "smtps"), ("smtps", "starttls", "smtp")])
async def test_the_wrong_kind_of_encryption(
    mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, scheme: str, listener: str, hint: str
) -> None:
    """A server that is encrypted in the other way is unavailable, and the error says what to try."""
    monkeypatch.setattr(smtp, "_RESPONSE_TIMEOUT", 0.3)
    url = f"{scheme}://localhost:{mail_server.ports[listener]}?ca={mail_server.authority}"
    with pytest.raises(MailServerUnavailable, match=f"It may be encrypted .*: use {hint}:// in MAIL_URL"):
        await attempt(delivery_to(url))


async def test_a_wrong_password(mail_server: MailServer) -> None:
    """A wrong password is a fault of the settings, which ends no mail, and is not repeated in the error."""
    with pytest.raises(MailServerUnavailable, match="535") as error:
        await attempt(delivery_to(mail_server.url(login="microblog:wrong@")))
    assert "wrong" not in str(error.value)


async def test_nobody_listens(mail_server: MailServer) -> None:
    """A mail server that is down, or has no address, is unavailable."""
    for url in ("smtp://127.0.0.1:1?starttls=no", "smtp://nobody.invalid?starttls=no"):
        with pytest.raises(MailServerUnavailable):
            await attempt(delivery_to(url))


BEFORE_THE_MAIL = ["CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL"]
FAULTS: list[tuple[str, str, type[Exception]]] = [
    *((step, fault, MailServerUnavailable) for step in BEFORE_THE_MAIL for fault in ("451 busy", "554 no", "drop")),
    *((step, "451 later", DeliveryFailed) for step in ("RCPT", "DATA", "ACCEPT")),
    *((step, "421 closing", MailServerUnavailable) for step in BEFORE_THE_MAIL if step != "AUTH"),
    *((step, "421 closing", DeliveryFailed) for step in ("RCPT", "DATA", "ACCEPT")),
    *((step, "drop", DeliveryFailed) for step in ("RCPT", "DATA", "ACCEPT", "ACCEPTED")),
    *((step, "550 5.1.1 no", MailRefused) for step in ("RCPT", "DATA", "ACCEPT")),
    *((step, f"550 {code} no", MailRefused) for step, code in (("RCPT", "5.1.10"), ("RCPT", "5.2.1"))),
    *((step, f"552 {code} no", MailRefused) for step, code in (("DATA", "5.3.4"), ("ACCEPT", "5.6.1"))),
    *((step, fault, DeliveryFailed) for step in ("RCPT", "DATA", "ACCEPT") for fault in ("554 5.7.1 no", "550 no")),
    *(("RCPT", f"550 {code} no", DeliveryFailed) for code in ("5.0.0", "5.1.0", "5.1.7", "5.1.8", "5.2.0", "5.4.5")),
    ("RCPT", "530 5.1.1 login", DeliveryFailed),
]


async def test_faults_at_each_step(mail_server: MailServer, subtests: pytest.Subtests) -> None:
    """Until the sender is accepted a fault concerns all mails; then 5xx that say they are about the mail are final."""
    delivery = delivery_to(mail_server.url())
    for step, fault, kind in FAULTS:
        with subtests.test(step=step, fault=fault):
            mail_server.reset()
            mail_server.fail(**{step: fault})
            with pytest.raises(kind, match=None if fault == "drop" else fault[:3]):
                await attempt(delivery)
            assert len(mail_server.received) == (step == "ACCEPTED")
            mail_server.fail()
            await attempt(delivery)


async def test_answers_of_any_bytes(mail_server: MailServer, office: PostOffice) -> None:
    """An answer that is not UTF-8, or has control characters, is kept in a form that can be shown and stored."""
    await office.register()
    sender = office.sender_to(delivery_to(mail_server.url()))
    for answer in ("550 5.1.1 Empf\udce4nger unbekannt", "550 5.1.1 a\x00b", "550 5.1.1 \x1b[31mred"):
        mail_server.fail(RCPT=answer)
        await office.enqueue("susan")
        await sender.send_due()
    mail_server.fail()
    await office.enqueue("susan")
    await sender.send_due()
    errors = [mail.last_error for mail in await office.queue()]
    assert errors == ["550 5.1.1 Empf?nger unbekannt", "550 5.1.1 a?b", "550 5.1.1 ?[31mred"]
    assert len(mail_server.received) == 1


async def test_silence(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server that does not answer in time is as one that breaks the connection."""
    monkeypatch.setattr(smtp, "_RESPONSE_TIMEOUT", 0.3)
    delivery = delivery_to(mail_server.url("plain", login="") + "&starttls=no")
    for step, kind in (("CONNECT", MailServerUnavailable), ("MAIL", MailServerUnavailable), ("ACCEPT", DeliveryFailed)):
        mail_server.fail(**{step: "hang"})
        with pytest.raises(kind):
            await attempt(delivery)
        mail_server.reset()


async def test_a_connection_that_was_closed(mail_server: MailServer) -> None:
    """A server that closes the connection between two mails gets the second one over a new connection."""
    delivery = delivery_to(mail_server.url())
    await delivery.deliver(mail())
    mail_server.fail(MAIL="drop")
    sending = asyncio.create_task(delivery.deliver(mail()))
    async with asyncio.timeout(EXIT_TIMEOUT):
        while mail_server.steps.count("MAIL") < 2:  # noqa: ASYNC110 - it is another process that is waited for
            await asyncio.sleep(0.001)
        mail_server.fail()
        await sending
    await delivery.close()
    assert len(mail_server.received) == 2


async def test_given_up_in_the_middle(mail_server: MailServer) -> None:
    """A delivery that is cancelled leaves no connection behind, and the next one is not disturbed by it."""
    delivery = delivery_to(mail_server.url())
    mail_server.fail(DATA="hang")
    sending = asyncio.create_task(delivery.deliver(mail()))
    await asyncio.to_thread(mail_server.wait_for, "DATA")
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    mail_server.fail()
    await attempt(delivery)
    assert len(mail_server.received) == 1


async def test_addresses_that_are_not_ascii(mail_server: MailServer) -> None:
    """They are sent to a server with SMTPUTF8, with and without a login, and refused for one without SMTPUTF8."""
    message = mail("jörg@example.com", "To: jörg@example.com\r\n\r\nx\r\n".encode())
    for url in (mail_server.url(), mail_server.url(login="")):
        await attempt(delivery_to(url), message)
    received, without_login = mail_server.received
    assert (received.recipients, received.message["To"]) == (["jörg@example.com"], "jörg@example.com")
    assert (without_login.recipients, without_login.is_logged_in) == (["jörg@example.com"], False)
    with pytest.raises(MailRefused, match="lacks SMTPUTF8"):
        await attempt(delivery_to(mail_server.url("plain", login="") + "&starttls=no"), message)
