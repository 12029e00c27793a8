"""The files that a request passes: for reading its way through the code, and for seeing what a change adds to it.

    python -m benchmarks.request_path

A login, two pages and a refused websocket are sent in process, each once to fill the caches and once to be watched.
Each prints the files of ``compat`` and ``quart_app`` that it passes, in the order in which it comes to them first, and
how often it comes to each from another one. What other packages do in between is left out.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from quart.testing import QuartClient
from quart.testing.connections import WebsocketResponseError

from quart_app.application import Application
from quart_app.factory import create_app

ROOT = Path(__file__).resolve().parents[1]
_OURS = tuple(f"{ROOT / folder}/" for folder in ("compat", "quart_app"))
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
_ACCOUNT = {"username": "susan", "password": "correct horse battery"}


@contextmanager
def watched() -> Iterator[list[str]]:
    """The files of the functions that are called in this thread and within the block; one once for calls in a row.

    A coroutine that goes on after it has waited counts as called again.
    """
    passed: list[str] = []

    def watch(frame: FrameType, event: str, _argument: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(_OURS):
            file = path.removeprefix(f"{ROOT}/")
            if passed[-1:] != [file]:
                passed.append(file)

    sys.setprofile(watch)
    try:
        yield passed
    finally:
        sys.setprofile(None)


async def send(client: QuartClient, path: str, **fields: str) -> Callable[[], Awaitable[Any]]:
    """Get the page with a form, and return what sends it."""
    page = await (await client.get(path)).get_data(as_text=True)
    found = _TOKEN.search(page)
    assert found is not None, page
    return lambda: client.post(path, form={"csrf_token": found[1], **fields})


async def open_websocket(app: Application) -> None:
    """Open the websocket as a page of this site does whose user is not logged in."""
    try:
        async with QuartClient(app).websocket("/live/ws", headers={"Origin": "http://localhost"}) as websocket:
            await websocket.receive()
    except WebsocketResponseError as refusal:
        assert refusal.response.status_code == 401  # noqa: PT017 - no test


async def paths(app: Application) -> dict[str, list[str]]:
    """The files that each of the four requests passes."""
    email = "susan@example.com"
    await (await send(QuartClient(app), "/register", **_ACCOUNT, password2=_ACCOUNT["password"], email=email))()
    found: dict[str, list[str]] = {}
    for _ in range(2):
        client, remembered = QuartClient(app), QuartClient(app)
        log_in = await send(client, "/login", **_ACCOUNT, remember_me="y")
        with watched() as found["a login"]:
            assert (await log_in()).status_code == 302
        with watched() as found["a page"]:
            assert (await client.get("/index")).status_code == 200
        for cookie in client.cookie_jar or ():
            if cookie.name == app.config["REMEMBER_COOKIE_NAME"]:
                remembered.set_cookie("localhost", cookie.name, cookie.value or "")
        with watched() as found["a page with a remember cookie only"]:
            assert (await remembered.get("/index")).status_code == 200
        with watched() as found["a refused websocket"]:
            await open_websocket(app)
    return found


async def main() -> None:
    """Print the paths."""
    with TemporaryDirectory() as folder:
        settings = {"instance_path": folder, "password_method": "pbkdf2:sha256:1", "log_level": "ERROR"}
        app = create_app({**settings, "send_mails": False})
        async with app.test_app():
            for name, passed in (await paths(app)).items():
                times = Counter(passed)
                print(f"{name}: {len(times)} files, {len(passed)} changes of file")
                for file in times:
                    print(f"{times[file]:6} {file}")


if __name__ == "__main__":
    asyncio.run(main())
