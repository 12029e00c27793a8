"""A client that keeps its cookies, and its connection for as long as the server does."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from benchmarks.load.agent import AGENT

_KEPT = 3.0  # seconds, after which the server may be about to close a connection: sooner than hypercorn.toml has it
_ANSWER_TIMEOUT = 30.0
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    text: str
    location: str

    @property
    def token(self) -> str:
        """The token of the forms on this page."""
        found = _TOKEN.search(self.text)
        return found[1] if found else ""


@dataclass
class Browser:
    """A browser at ``http://host:port``."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)
    _stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _used: float = 0.0

    async def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return await self.ask("GET", path, b"", headers)

    async def submit(self, path: str, fields: Mapping[str, str]) -> Answer:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.ask("POST", path, urlencode(fields).encode(), kind)

    async def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request.

        Raises:
            OSError, EOFError: the connection broke.
            TimeoutError: there was no answer for long.
        """
        async with asyncio.timeout(_ANSWER_TIMEOUT):
            reader, writer = await self._connection()
            sent = {**self.headers, **headers, "Content-Length": str(len(body))}
            lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            return await self._read(reader)

    @property
    def headers(self) -> dict[str, str]:
        """What goes with each request."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Host": urlsplit(self.address).netloc, "User-Agent": AGENT, **({"Cookie": cookie} if cookie else {})}

    def hang_up(self) -> None:
        """Close the connection; the next request makes a new one."""
        if self._stream is not None:
            self._stream[1].close()
            self._stream = None

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._stream is not None and time.monotonic() - self._used > _KEPT:
            self.hang_up()
        if self._stream is None:
            where = urlsplit(self.address)
            self._stream = await asyncio.open_connection(where.hostname, where.port)
        return self._stream

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.strip().split("\r\n")
        headers: dict[str, str] = {}
        for name, _, value in (line.partition(":") for line in lines):
            headers[name.lower()] = value.strip()
            if name.lower() == "set-cookie":
                self._keep(value)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self._used = time.monotonic()
        if headers.get("connection", "").lower() == "close":
            self.hang_up()
        return Answer(int(status.split()[1]), body.decode(), headers.get("location", ""))

    def _keep(self, set_cookie: str) -> None:
        for name, morsel in SimpleCookie(set_cookie.strip()).items():
            if morsel.value and morsel["max-age"] != "0":
                self.cookies[name] = morsel.value
            else:
                self.cookies.pop(name, None)
