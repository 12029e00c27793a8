"""Mails to a mail server, by SMTP (RFC 5321).

Which command fails decides what that means. Until the server has accepted the sender, a failure concerns all mails: the
server is unavailable, or the settings are wrong. After that a 4xx is temporary, and a 5xx is final for this mail if its
enhanced code says that it is about the recipient or the message. If the connection ends before the server has answered,
nobody here knows whether it accepted the mail, which is sent again.

Many servers check the client and the sender only when they know the recipient (Postfix: ``smtpd_delay_reject``). So a
missing login, a wrong ``MAIL_FROM`` or a used up quota can look like a refusal of one mail, and without an enhanced
code like an unknown recipient (Exim: 550 for both). So any other 5xx counts as temporary, and no mail is given up while
the settings are mended.
"""

from __future__ import annotations

import asyncio
import re
import ssl

from aiosmtplib import SMTP, SMTPConnectError, SMTPException, SMTPResponseException

from quart_app.mail_url import MailServer

from .delivery import DeliveryFailed, MailRefused, MailServerUnavailable
from .message import Message

_RESPONSE_TIMEOUT = 30.0  # seconds until the server has answered a command
_PERMANENT = 500  # the first code of answers that will not change (RFC 5321, section 4.2.1)
_LOGIN_CODES = (530, 535)  # a login is required, or was wrong (RFC 4954, section 6)
#: Enhanced codes that are about the recipient or the message alone (RFC 3463, section 3; RFC 7505 for 5.1.10): the
#: address, but not that of the sender (5.1.7, 5.1.8); the mailbox; the size; the content.
_ABOUT_THE_MAIL = re.compile(r"5\.(1\.([1-69]|10)|2\.[1-9]|3\.4|6\.([1-9]|10))\b")
_FAILURES = (SMTPException, OSError)


class SmtpDelivery:
    """Sends mails over one connection, which is opened for the first of them and kept until :meth:`close`."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._client: SMTP | None = None

    async def deliver(self, message: Message) -> None:
        """Send a mail; see :class:`~quart_app.mail.delivery.Delivery`."""
        client = await self._begin(message)
        try:
            await self._send(client, message)
        except BaseException:
            self._disconnect()
            raise

    async def close(self) -> None:
        """Close the connection, politely if the server takes part in it."""
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                await client.quit(timeout=1)
            except _FAILURES:
                client.close()

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _begin(self, message: Message) -> SMTP:
        """Announce the sender, over the open connection or, if the server has closed that meanwhile, a new one."""
        if self._client is not None:
            try:
                await _announce(self._client, message)
            except _FAILURES:
                self._disconnect()
            else:
                return self._client
        client = self._client = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=self._server.encryption == "tls",
            start_tls=False,  # a step of its own, below
            timeout=_RESPONSE_TIMEOUT,
        )
        try:
            await self._connect(client)
            await _announce(client, message)
        except _FAILURES as error:
            self._disconnect()
            hint = _hint(self._server, error)
            raise MailServerUnavailable(f"The mail server cannot be used: {_describe(error)}{hint}") from error
        except BaseException:
            self._disconnect()
            raise
        return client

    async def _connect(self, client: SMTP) -> None:
        context: ssl.SSLContext | None = None
        if self._server.encryption != "none":
            # Made anew for each connection, so that renewed certificates of authorities are used. It reads files.
            context = await asyncio.to_thread(self._server.tls_context)
            client.tls_context = context
        await client.connect()
        await client.ehlo()
        if self._server.encryption == "starttls":
            if not client.supports_extension("starttls"):
                raise SMTPException(
                    "It offers no STARTTLS, and nothing is sent unencrypted. Use smtps:// if it is encrypted from the "
                    "first byte, or ?starttls=no in MAIL_URL if it is a server of this machine that needs none."
                )
            await client.starttls(tls_context=context)
            await client.ehlo()  # what the server said before does not count (RFC 3207, section 4.2)
        if self._server.user is not None:
            await client.login(self._server.user.encode(), (self._server.password or "").encode())

    async def _send(self, client: SMTP, message: Message) -> None:
        if message.needs_utf8 and not client.supports_extension("smtputf8"):
            raise MailRefused("The mail server accepts no address with such letters (it lacks SMTPUTF8).")
        try:
            await client.rcpt(message.recipient, encoding=_encoding(message))
            await client.data(message.content)
        except SMTPResponseException as error:
            kind = MailRefused if _is_final(error) else DeliveryFailed
            raise kind(_describe(error)) from error
        except _FAILURES as error:
            raise DeliveryFailed(f"The connection ended before an answer: {_describe(error)}") from error


async def _announce(client: SMTP, message: Message) -> None:
    options = ["SMTPUTF8"] if message.needs_utf8 and client.supports_extension("smtputf8") else []
    await client.mail(message.sender, options=options, encoding=_encoding(message))


def _hint(server: MailServer, error: Exception) -> str:
    """What to do if this looks like the wrong kind of encryption, of which each kind has its own port."""
    cause = error.__cause__
    if server.encryption == "tls":
        is_mixed_up = isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER"
        return ". It may be encrypted by STARTTLS: use smtp:// in MAIL_URL then." if is_mixed_up else ""
    is_silent = isinstance(error, SMTPConnectError) and isinstance(cause, SMTPException)  # it was connected
    return ". It may be encrypted from the first byte: use smtps:// in MAIL_URL then." if is_silent else ""


def _is_final(error: SMTPResponseException) -> bool:
    """Whether the server will never accept this mail, whatever is changed in the settings."""
    is_permanent = error.code >= _PERMANENT and error.code not in _LOGIN_CODES
    return is_permanent and _ABOUT_THE_MAIL.match(error.message) is not None


def _encoding(message: Message) -> str:
    return "utf-8" if message.needs_utf8 else "ascii"


def _describe(error: Exception) -> str:
    """The answer of the server, or what happened, on one line of printable characters.

    An answer may have any bytes: those that are not UTF-8 are lone surrogates here, which no database stores, and
    PostgreSQL stores no NUL. Terminals obey control characters.
    """
    if isinstance(error, SMTPResponseException):
        text = f"{error.code} {error.message}"
    else:
        text = str(error) or type(error).__name__
    return "".join(character if character.isprintable() else "?" for character in " ".join(text.split()))
