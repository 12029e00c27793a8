"""Starts the mail server of ``smtp_process``, chooses its faults, and reads what it got."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.mail.smtp_process import PASSWORD, USER
from tests.services.needed import needed
from tests.serving.server import EXIT_TIMEOUT, ROOT, wait_until

LOGIN = f"{quote(USER)}:{quote(PASSWORD, safe='')}@"


@dataclass(frozen=True)
class Received:
    """A mail that the server accepted."""

    sender: str
    recipients: list[str]
    content: str
    is_encrypted: bool
    is_logged_in: bool

    @property
    def message(self) -> EmailMessage:
        """The mail as a mail program reads it."""
        message = message_from_string(self.content, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        """Its part in text."""
        part = self.message.get_body(("plain",))
        assert part is not None
        text: str = part.get_content()
        return text


class MailServer:
    """A running mail server, without faults at first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ports: dict[str, int] = {}
        self.reset()

    @property
    def authority(self) -> Path:
        """A file with all certificates of the server."""
        return self._folder / "authority.pem"

    def url(self, listener: str = "starttls", *, login: str = LOGIN) -> str:
        """``MAIL_URL`` for a listener: ``starttls``, ``tls``, ``plain``, or ``other``, which has another name."""
        scheme = "smtps" if listener == "tls" else "smtp"
        return f"{scheme}://{login}localhost:{self.ports[listener]}?ca={self.authority}"

    def reset(self) -> None:
        """Have no faults, and forget all mails."""
        self.fail()
        (self._folder / "log.jsonl").write_text("")

    def fail(self, **faults: str) -> None:
        """Have these faults, by the step."""
        (self._folder / "faults.part").write_text(json.dumps(faults))
        (self._folder / "faults.part").rename(self._folder / "faults.json")

    @property
    def received(self) -> list[Received]:
        """The mails that it accepted."""
        return [Received(**line["mail"]) for line in self._lines() if "mail" in line]

    @property
    def steps(self) -> list[str]:
        """The steps that its clients came to."""
        return [line["step"] for line in self._lines() if "step" in line]

    def wait_for(self, step: str) -> None:
        """Wait until a client has come to a step."""
        wait_until(lambda: step in self.steps)

    def _lines(self) -> list[dict[str, Any]]:
        lines = (self._folder / "log.jsonl").read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]


@contextmanager
def run_mail_server(folder: Path) -> Iterator[MailServer]:
    """Run a mail server with its files in this folder."""
    certificates = [_make_certificate(folder, name) for name in ("localhost", "elsewhere.test")]
    server = MailServer(folder)
    server.authority.write_text("".join(file.read_text() for file in certificates))
    command = [sys.executable, "-m", "tests.mail.smtp_process", str(folder)]
    with (folder / "errors.log").open("wb") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stderr=errors)  # noqa: S603 - our own command
    try:
        ports = folder / "ports.json"
        wait_until(lambda: ports.exists() or process.poll() is not None)
        server.ports = json.loads(ports.read_text())
        yield server
    finally:
        process.kill()
        process.wait(EXIT_TIMEOUT)


def _make_certificate(folder: Path, name: str) -> Path:
    """A certificate that is its own authority, and its key, in one file; the certificate alone in another."""
    openssl = needed(shutil.which("openssl"), "openssl is missing. On Debian and Ubuntu: apt-get install openssl")
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    usage = "keyUsage=critical,digitalSignature,keyCertSign"
    command = (openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    extensions = ("-days", "1", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-addext", usage)
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run((*command, *extensions, *files), check=True, capture_output=True)  # noqa: S603 - our own command
    (folder / f"{name}.pem").write_text(key.read_text() + certificate.read_text())
    return certificate
