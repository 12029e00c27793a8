"""A mail server (aiosmtpd) as a process of its own, with faults that a test chooses while it runs.

It reads its faults from a file before each command, and appends each command, and each mail that it accepted, to
another one, as lines of JSON. ``mail_server`` starts it. A fault is an answer, such as ``451 later``; ``drop`` ends the
connection, and ``hang`` never answers. The steps are ``CONNECT``, the commands, and ``ACCEPT``, the answer to the end
of the message; with ``ACCEPTED`` the mail was accepted before the fault.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "microblog", "p@ss:wörd/?#"


class _Handler:
    async def handle_DATA(self, server: FaultyServer, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return await server.accept(session, envelope)


class FaultyServer(SMTP):
    """One connection."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(_Handler(), authenticator=_authenticate, hostname="localhost", **options)
        self._folder = folder

    async def push(self, status: Any) -> None:
        """Answer; the first answer is the greeting."""
        if str(status).startswith("220 ") and self.session is not None and self.session.host_name is None:
            await self._reach("CONNECT", lambda: super(FaultyServer, self).push(status))
        else:
            await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - the names are aiosmtpd's
        await self._reach("EHLO", lambda: super(FaultyServer, self).smtp_EHLO(hostname))

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        await self._reach("STARTTLS", lambda: super(FaultyServer, self).smtp_STARTTLS(arg))

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        await self._reach("AUTH", lambda: super(FaultyServer, self).smtp_AUTH(arg))

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        await self._reach("MAIL", lambda: super(FaultyServer, self).smtp_MAIL(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        await self._reach("RCPT", lambda: self._add_recipient(arg or ""))

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        await self._reach("DATA", lambda: super(FaultyServer, self).smtp_DATA(arg))

    async def accept(self, session: Session, envelope: Envelope) -> str:
        """The end of a message: it counts as accepted, whatever becomes of the answer."""
        content = envelope.original_content or b""
        mail = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "content": content.decode("utf-8"),
            "is_encrypted": self._connection().get_extra_info("sslcontext") is not None,
            "is_logged_in": bool(session.authenticated),
        }
        if (fault := await self._step("ACCEPT")) is not None:
            return fault
        self._log(mail=mail)
        return await self._step("ACCEPTED") or "250 accepted"

    async def _add_recipient(self, arg: str) -> None:
        """Refuse what is not ASCII unless the client has announced it, as RFC 6531 asks for and aiosmtpd does not."""
        assert self.envelope is not None
        if arg.isascii() or self.envelope.smtp_utf8:
            await super().smtp_RCPT(arg)
        else:
            await super().push("553 5.6.7 MAIL had no SMTPUTF8")

    def _faults(self) -> dict[str, str]:
        faults: dict[str, str] = json.loads((self._folder / "faults.json").read_text())
        return faults

    def _log(self, **line: object) -> None:
        with (self._folder / "log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _connection(self) -> asyncio.Transport:
        assert isinstance(self.transport, asyncio.Transport)
        return self.transport

    async def _reach(self, name: str, go_on: Callable[[], Awaitable[None]]) -> None:
        """Go on at this step, unless there is a fault."""
        fault = await self._step(name)
        if fault is None:
            await go_on()
            return
        await super().push(fault.encode("utf-8", "surrogateescape"))  # any bytes, as lone surrogates
        if name == "CONNECT":
            self._connection().close()

    async def _step(self, name: str) -> str | None:
        """The answer of the fault at this step, if there is one."""
        self._log(step=name)
        fault = self._faults().get(name)
        while fault == "hang":
            await asyncio.sleep(0.02)
            fault = self._faults().get(name)
        if fault == "drop":
            self._connection().abort()
            await asyncio.Event().wait()
        return fault


def _authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def _serve(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    good, other = _context(folder / "localhost.pem"), _context(folder / "elsewhere.test.pem")
    listeners: dict[str, tuple[dict[str, Any], ssl.SSLContext | None]] = {
        "starttls": ({"tls_context": good, "enable_SMTPUTF8": True}, None),
        "tls": ({"enable_SMTPUTF8": True, "auth_require_tls": False}, good),
        "plain": ({}, None),
        "other": ({"tls_context": other}, None),
    }
    ports = {}
    for name, (options, context) in listeners.items():

        def connect(options: dict[str, Any] = options) -> FaultyServer:
            return FaultyServer(folder, loop=loop, **options)

        server = await loop.create_server(connect, "127.0.0.1", 0, ssl=context)
        ports[name] = server.sockets[0].getsockname()[1]
    (folder / "ports.part").write_text(json.dumps(ports))
    (folder / "ports.part").rename(folder / "ports.json")
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    asyncio.run(_serve(parser.parse_args().folder))
