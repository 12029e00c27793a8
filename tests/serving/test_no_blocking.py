"""No request blocks the event loop for more than 50 ms."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.services.ports import free_port
from benchmarks.services.websocket import connect
from quart_app.settings import Settings
from tests.serving.server import CHEAP_HASH, EXIT_TIMEOUT, PASSWORD, ROOT, Browser, Server, wait_until

NEW = "another fine password"
RUNS = 3
# A third of the default's work, and still longer than may be spent on the event loop.
METHOD = Settings.model_fields["password_method"].default.removesuffix("3") + "1"
WRONG_PASSWORDS = 3
REGISTRATIONS = 2
_LOGIN_SESSION = re.compile(r'action="(/account/sessions/[0-9a-f-]+/end)"')


@contextmanager
def serve_watched(folder: Path, *arguments: str, password_method: str = METHOD) -> Iterator[Server]:
    """Run ``watched_server`` on a new database; afterwards its report is in the folder."""
    port, log = free_port(), folder / "server.log"
    command = [sys.executable, "-m", "tests.serving.watched_server"]
    command += ["--bind", f"127.0.0.1:{port}", "--report", str(folder / "report.json"), *arguments]
    environment = {
        "INSTANCE_PATH": str(folder),
        "LOGIN_ATTEMPTS": str(WRONG_PASSWORDS),
        "REGISTRATIONS_PER_HOUR": str(REGISTRATIONS),
        "PASSWORD_METHOD": password_method,
        "WAITING_TIME": "60",  # hashes are slow on a busy machine, and would be answered 503
    }
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
    server = Server(process, port, log)
    try:
        wait_until(lambda: server.is_listening() or process.poll() is not None)
        yield server
    finally:
        process.terminate()
        assert process.wait(EXIT_TIMEOUT) == 0, log.read_text()


class _Program(Browser):
    """A client of the API, with cookies or a token."""

    def send(self, method: str, path: str, content: object = None) -> tuple[int, Any]:
        body = None if content is None else json.dumps(content)
        status, text = self.request(method, f"/api/v1{path}", body)
        return status, json.loads(text) if text else None

    def all_headers(self) -> dict[str, str]:
        return {**super().all_headers(), "Content-Type": "application/json"}


def journey(port: int) -> None:
    """Use every feature of the application once."""
    susan = Browser(port)
    for path in ("/", "/login", "/static/style.css", "/nowhere", "/healthz", "/readyz", "/metrics"):
        susan.get(path)
    assert susan.register("susan") == 302
    assert susan.submit("/login", username="susan", password="not the password")[0] == 302
    assert susan.submit("/login", username="susan", password=PASSWORD, remember_me="y")[0] == 302
    for path in ("/index", "/account", "/live", "/login", "/logout"):
        susan.get(path)
    asyncio.run(see_who_is_online(susan))
    see_own_account(susan)
    change_account(susan)
    use_api(_Program(port, cookies=dict(susan.cookies)))
    assert susan.submit("/logout")[0] == 302
    be_throttled(port)
    for path in ("/readyz", "/metrics", "/api/v1/docs", "/api/v1/openapi.json", "/api/v1/asyncapi.json"):
        assert susan.get(path)[0] == 200, path


async def see_who_is_online(browser: Browser) -> None:
    """Read a message from the websocket of the live page."""
    address = f"http://127.0.0.1:{browser.port}"
    headers = {"Cookie": browser.all_headers()["Cookie"], "Origin": address}
    async with connect(f"{address}/live/ws", headers) as socket:
        assert "susan" in await socket.receive()


def see_own_account(susan: Browser) -> None:
    """Log in from other browsers, and end these logins here: first one, then all others."""
    for _ in range(2):
        assert Browser(susan.port).login("susan") == 302
    page = susan.get("/account")[1]
    token = susan.token("/account")
    assert susan.request("POST", _LOGIN_SESSION.findall(page)[0], {"csrf_token": token})[0] == 302
    assert susan.request("POST", "/account/sessions/end-others", {"csrf_token": token})[0] == 302


def change_account(susan: Browser) -> None:
    """Ask for a new password; come back with the remember cookie, confirm the password, and change the account."""
    assert susan.submit("/forgotten", email="susan@example.com")[0] == 302
    susan.cookies.pop("session")
    assert susan.get("/account/password")[0] == 302
    assert susan.submit("/reauthenticate", current_password=PASSWORD)[0] == 302
    assert susan.submit("/account/email", current_password=PASSWORD, email="susan@elsewhere.example")[0] == 302
    passwords = {"current_password": PASSWORD, "password": NEW, "password2": NEW}
    assert susan.submit("/account/password", **passwords)[0] == 302
    assert susan.get("/index")[0] == 200


def use_api(browser: _Program) -> None:
    """Use the API with the browser's cookies, then with a program's own cookies, then with a token."""
    assert browser.send("GET", "/me")[0] == 200
    robot = {"username": "robot", "password": PASSWORD}
    program = _Program(browser.port)
    assert program.send("POST", "/users", {**robot, "email": "robot@example.com"})[0] == 201
    assert program.send("POST", "/sessions", {"username": "robot"})[0] == 400
    assert program.send("POST", "/sessions", {**robot, "password": "not it"})[0] == 401
    assert program.send("POST", "/sessions", robot)[0] == 201
    assert program.send("GET", "/sessions")[0] == 200
    status, answer = program.send("POST", "/sessions", {**robot, "kind": "bearer"})
    assert status == 201
    bearer = _Program(browser.port, {"Authorization": f"Bearer {answer['token']}"})
    assert bearer.send("GET", "/me")[0] == 200
    assert bearer.send("GET", "/sessions")[0] == 200
    assert bearer.send("DELETE", "/sessions/current")[0] == 204
    assert bearer.send("GET", "/me")[0] == 401


def be_throttled(port: int) -> None:
    """Send wrong passwords and registrations until they are refused."""
    stranger = Browser(port)
    seen = [
        stranger.submit("/login", username="susan", password="not the password")[0] for _ in range(WRONG_PASSWORDS + 1)
    ]
    assert 429 in seen
    seen = [stranger.register(f"number{number}") for number in range(REGISTRATIONS + 1)]
    assert seen[-1] == 429


def slow_places(folder: Path) -> dict[str, float]:
    """The places that blocked the event loop for too long in one run, with the seconds."""
    folder.mkdir()
    with serve_watched(folder) as server:
        journey(server.port)
    slow: dict[str, float] = json.loads((folder / "report.json").read_text())["slow"]
    return slow


def test_nothing_blocks_the_event_loop(tmp_path: Path) -> None:
    """No callback takes more than 50 ms, from the first request on, in any feature.

    A busy machine may delay a callback anywhere, so only a place that is slow in each of three processes counts.
    """
    slow = slow_places(tmp_path / "1")
    for run in range(2, RUNS + 1):
        if slow:
            again = slow_places(tmp_path / str(run))
            slow = {place: max(seconds, again[place]) for place, seconds in slow.items() if place in again}
    assert slow == {}


def test_no_request_imports_anything_once_a_worker_is_warm(tmp_path: Path) -> None:
    """On a slow machine, an import alone may block the event loop for too long."""
    with serve_watched(tmp_path, "--warm", password_method=CHEAP_HASH) as server:
        journey(server.port)
    assert json.loads((tmp_path / "report.json").read_text())["imported"] == []
