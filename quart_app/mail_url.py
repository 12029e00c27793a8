"""The forms that ``MAIL_URL`` and ``MAIL_FROM`` may have.

``smtp://user:password@mail.example.com:587``
    A mail server. The connection is encrypted by STARTTLS, and the certificate verified, before anything else is sent.
    ``?starttls=no`` sends the password and all mails unencrypted: for a server on the same machine.
``smtps://user:password@mail.example.com:465``
    The same, encrypted from its first byte (RFC 8314).
``file:`` or ``file:/srv/mails``
    A folder, in which each mail is written to a file instead of being sent; without a path ``mail`` in the instance
    folder.

``?ca=/etc/ssl/our-ca.pem`` names the file of the authority that signed the certificate of the server, if that is not
one that the system trusts. Characters of a password that have a meaning in URLs are percent-encoded. A leaf without
other imports of the application: ``settings`` checks both before anything starts.
"""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import getaddresses
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Encryption = Literal["starttls", "tls", "none"]

_ENCRYPTIONS: dict[str, Encryption] = {"smtp": "starttls", "smtps": "tls"}
_PORTS: dict[str, int] = {"smtp": 587, "smtps": 465}
_FORMS = "smtp://user:password@mail.example.com:587, smtps://user:password@mail.example.com:465, file: or file:/folder"
#: A host name, or an IPv6 address without its brackets.
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+(%\w+)?")
_MALFORMED = " ".join(
    [
        f"it does not look like {_FORMS}. The port is a number from 1 to 65535.",
        "Is there an @, :, /, ? or # in the password? Write it as %40, %3A, %2F, %3F or %23.",
    ]
)


class UnusableMailUrl(ValueError):
    """``MAIL_URL`` cannot be used. The message does not show it, because it may contain a password."""


@dataclass(frozen=True)
class MailServer:
    """A mail server that accepts mails for others by SMTP.

    Attributes:
        host: its name, which its certificate has to have, or its address.
        port: where it listens.
        encryption: ``starttls``, ``tls`` from the first byte, or ``none``.
        user: the name for the login; None where it needs none.
        password: belongs to it.
        authority: a file with the certificates that are trusted; None for those that the system trusts.
    """

    host: str
    port: int
    encryption: Encryption
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    authority: Path | None = None

    def tls_context(self) -> ssl.SSLContext:
        """A context that verifies the certificate of the server, and its name in it.

        Raises:
            OSError: the file of the authority cannot be read, or has no certificate (``ssl.SSLError``).
        """
        return ssl.create_default_context(cafile=self.authority)


@dataclass(frozen=True)
class MailFolder:
    """A folder that mails are written to; without a path ``mail`` in the instance folder."""

    path: Path | None = None


def read_mail_url(url: str) -> MailServer | MailFolder:
    """What ``MAIL_URL`` names.

    Raises:
        UnusableMailUrl: it has none of the forms above.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # whose message may show a part of the password
        raise UnusableMailUrl(_MALFORMED) from None
    if parts.scheme == "file":
        return _folder(url)
    if parts.scheme not in _ENCRYPTIONS:
        raise UnusableMailUrl(f"it has to begin with smtp://, smtps:// or file:. The forms are {_FORMS}.")
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    is_host = _HOST.fullmatch(parts.hostname or "") is not None
    if not is_host or port == 0 or parts.path.strip("/") or parts.fragment or "@" in user + password:
        raise UnusableMailUrl(_MALFORMED)
    if bool(user) != bool(password):
        raise UnusableMailUrl("it has a user or a password, and not both. Write smtp://user:password@host, or no user.")
    encryption, authority = _parameters(parts.query, _ENCRYPTIONS[parts.scheme])
    server = MailServer(
        host=(parts.hostname or "").replace("%25", "%"),  # of a zone: fe80::1%25eth0 (RFC 6874)
        port=_PORTS[parts.scheme] if port is None else port,
        encryption=encryption,
        user=_decoded(user),
        password=_decoded(password),
        authority=authority,
    )
    if authority is not None:
        try:
            server.tls_context()
        except OSError as error:
            raise UnusableMailUrl(f"?ca={authority} cannot be used: {error.strerror or error}.") from None
    return server


def read_mail_from(value: str) -> Address:
    """The sender that ``MAIL_FROM`` names: ``no-reply@example.com`` or ``Microblog <no-reply@example.com>``.

    Raises:
        ValueError: it is no such address.
    """
    found = getaddresses([value])
    if len(found) == 1 and value.isprintable() and found[0][1].isascii():
        with suppress(ValueError, IndexError, MessageError):  # what the email package raises depends on the address
            address = Address(found[0][0], addr_spec=found[0][1])
            if address.username and address.domain:
                return address
    raise ValueError(
        f"{value!r} is not an address of a sender. Write no-reply@example.com, or Microblog <no-reply@example.com>."
    )


def _decoded(text: str) -> str | None:
    try:
        return unquote(text, errors="strict") or None
    except UnicodeDecodeError:
        raise UnusableMailUrl(
            "its user or password has percent-encoded bytes that are not UTF-8. Write an ä as %C3%A4, for example."
        ) from None


def _folder(url: str) -> MailFolder:
    path = url.removeprefix("file:")
    if path.startswith("//"):
        path = path.removeprefix("//")
    if path and not path.startswith("/"):
        raise UnusableMailUrl("a folder has to be absolute: file:/srv/mails; or file: for mail in the instance folder.")
    return MailFolder(Path(unquote(path)) if path else None)


def _parameters(query: str, encryption: Encryption) -> tuple[Encryption, Path | None]:
    authority = None
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "ca" and value:
            authority = Path(value)
        elif name == "starttls" and encryption != "tls" and value in ("yes", "no"):
            encryption = "starttls" if value == "yes" else "none"
        else:
            # Not shown: after a password with a question mark it would be the rest of the password.
            raise UnusableMailUrl(
                "after the ? may be ca=FILE and, for smtp://, starttls=no; it has something else there."
            )
    return encryption, authority
