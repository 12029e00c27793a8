"""The home page of a logged-in user, requested in process: a script that instruction counters watch.

It runs any build of the application that Python finds first, so it imports nothing of this folder, and needs no names
but those that all builds have. :mod:`benchmarks.measurement.instructions` runs it.

    python page_in_process.py prepare           # register and log in; print the Cookie header
    python page_in_process.py show COOKIE       # the headers and the page, as they go over the wire
    python page_in_process.py count COOKIE N    # request the page N times, its user in memory
    python page_in_process.py load COOKIE N 32  # the same with its user from the database, 32 requests at a time
"""

from __future__ import annotations

import asyncio
import gc
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from quart_app import create_app

_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
_PASSWORD = "correct horse battery"
_HEADERS = [
    (b"host", b"localhost:5000"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"),
    (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (b"accept-language", b"en-US,en;q=0.5"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"connection", b"keep-alive"),
    (b"x-request-id", b"the-same-for-all"),
]
_BATCHES = 5
_SLOWER = 100


async def ask(
    app: Any, path: str, cookie: str, *, method: str = "GET", form: dict[str, str] | None = None
) -> list[Any]:
    """Send one request through the application as a server would, and return the messages of the answer."""
    body = urlencode(form or {}).encode()
    headers = [*_HEADERS, (b"cookie", cookie.encode())]
    if form is not None:
        headers += [
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", str(len(body)).encode()),
        ]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "asgi": {"spec_version": "2.3", "version": "3.0"},
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 5000),
        "extensions": {},
    }
    is_received = False
    is_answered = asyncio.get_running_loop().create_future()
    messages: list[Any] = []

    async def receive() -> Any:
        nonlocal is_received
        if not is_received:
            is_received = True
            return {"type": "http.request", "body": body, "more_body": False}
        await is_answered
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            is_answered.set_result(None)

    await app(scope, receive, send)
    return messages


def text_of(messages: list[Any]) -> str:
    """The body of an answer."""
    return b"".join(message.get("body", b"") for message in messages[1:]).decode()


async def submit(app: Any, path: str, cookies: dict[str, str], **fields: str) -> None:
    """Send the form of a page, and keep the cookies."""
    messages = await ask(app, path, header_of(cookies))
    keep_cookies(messages, cookies)
    found = _TOKEN.search(text_of(messages))
    assert found is not None, text_of(messages)
    form = {"csrf_token": found[1], **fields}
    messages = await ask(app, path, header_of(cookies), method="POST", form=form)
    keep_cookies(messages, cookies)
    assert messages[0]["status"] == HTTPStatus.FOUND, text_of(messages)


def keep_cookies(messages: list[Any], cookies: dict[str, str]) -> None:
    """Keep the cookies of an answer, as a browser does."""
    for name, value in messages[0]["headers"]:
        if name.lower() == b"set-cookie":
            cookies.update({each: morsel.value for each, morsel in SimpleCookie(value.decode()).items()})


def header_of(cookies: dict[str, str]) -> str:
    """The header that a browser would send."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items() if value)


def keep_users_in_memory(app: Any) -> None:
    """Load each user once, however often it is asked for."""
    load, users = app.login_manager.user_callback, {}

    @app.login_manager.user_loader  # type: ignore[untyped-decorator]
    async def load_once(handle: str) -> Any:
        if handle not in users:
            users[handle] = await load(handle)
        return users[handle]


async def main(what: str, cookie: str = "", requests: str = "0", at_once: str = "1") -> None:
    """Do what the command line says."""
    app = create_app()
    await app.startup()  # and not test_app(), whose time limit is short for valgrind
    try:
        if what == "prepare":
            cookies: dict[str, str] = {}
            email = "susan@example.com"
            fields = {"password": _PASSWORD, "password2": _PASSWORD}
            await submit(app, "/register", cookies, username="susan", email=email, **fields)
            await submit(app, "/login", cookies, username="susan", password=_PASSWORD)
            messages = await ask(app, "/index", header_of(cookies))
            keep_cookies(messages, cookies)
            print(header_of(cookies))
            return
        if what != "load":
            keep_users_in_memory(app)
        messages = await ask(app, "/index", cookie)
        assert "Hi, susan!" in text_of(messages), messages
        if what == "show":
            for name, value in messages[0]["headers"]:
                print(name.decode(), value.decode(), sep=": ")
            print(text_of(messages))
        for _ in range(20):  # templates, caches, prepared statements
            await _ask_at_once(app, cookie, int(at_once))
        with _nothing_else():
            for _ in range(_BATCHES if requests != "0" else 0):
                os.getsid(0)
                for _ in range(int(requests) // int(at_once)):
                    await _ask_at_once(app, cookie, int(at_once))
            os.getsid(0)
    finally:
        await app.shutdown()


async def _ask_at_once(app: Any, cookie: str, count: int) -> None:
    if count == 1:
        await ask(app, "/index", cookie)
    else:
        await asyncio.gather(*(ask(app, "/index", cookie) for _ in range(count)))


@contextmanager
def _nothing_else() -> Iterator[None]:
    """Let the garbage collector look at nothing that was there before."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


class _SlowClock(asyncio.SelectorEventLoop):
    """An event loop whose seconds are as much longer as valgrind makes everything, so that no timeout ends."""

    def time(self) -> float:
        return super().time() / _SLOWER


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_SlowClock) as runner:
        runner.run(main(*sys.argv[1:]))
