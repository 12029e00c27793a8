"""The clients in examples/, as processes against a real server that restarts, refuses, and ends their login."""

from __future__ import annotations

import json
import os
import re
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websockets

from benchmarks.services.ports import free_port
from quart_app.live.sockets import Advice, Close
from tests.docs.pages import DOCS, ROOT, prose
from tests.serving.server import PASSWORD, RESPONSE_TIMEOUT, Browser, serve, wait_until

pytestmark = pytest.mark.served

EXAMPLES = ROOT / "examples"
CREDENTIALS = {"username": "susan", "password": PASSWORD}


class Example:
    """A running client, and what it has printed."""

    def __init__(self, process: subprocess.Popen[str], out: Path, err: Path) -> None:
        self.process = process
        self._out, self._err = out, err

    @property
    def lines(self) -> list[str]:
        return self._out.read_text().splitlines()

    @property
    def complaints(self) -> str:
        return self._err.read_text()

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until it has printed a text so many times."""
        wait_until(lambda: (self._out.read_text() + self.complaints).count(text) >= times)

    def wait_for_end(self) -> int:
        return self.process.wait(RESPONSE_TIMEOUT)


@contextmanager
def run(
    name: str, folder: Path, port: int, *options: str, user: str = "susan", password: str = PASSWORD
) -> Iterator[Example]:
    """Run a client whose home is this folder, as its docstring says."""
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    with out.open("w") as to_out, err.open("w") as to_err:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(EXAMPLES / name), user, "--site", f"http://127.0.0.1:{port}", *options],
            env={**os.environ, "HOME": str(folder), "MICROBLOG_PASSWORD": password},
            stdout=to_out,
            stderr=to_err,
            text=True,
            # As a terminal does: tests that run in the background have Ctrl+C ignored, and so would their children.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield Example(process, out, err)
    finally:
        process.kill()
        process.wait()


def request(port: int, method: str, path: str, token: str = "", content: object = None) -> tuple[int, Any]:
    """Send JSON to the API; the status of the answer, and its JSON."""
    connection = HTTPConnection("127.0.0.1", port, timeout=RESPONSE_TIMEOUT)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if content is not None:
        headers["Content-Type"] = "application/json"
    connection.request(method, f"/api/v1{path}", None if content is None else json.dumps(content), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None


def log_in(port: int, name: str = "another program") -> str:
    """A new token of susan's, in a login of this name."""
    return str(request(port, "POST", "/sessions", content={**CREDENTIALS, "kind": "bearer", "name": name})[1]["token"])


def kept_file(folder: Path) -> Path:
    """Where http_client.py keeps the answer to its login, in its home, for its user alone."""
    (kept,) = folder.glob(".microblog-*")
    assert kept.stat().st_mode & 0o777 == 0o600
    return kept


def test_http_client_survives(tmp_path: Path) -> None:
    """It waits for a server that restarts, keeps its token, also for its next run, and logs in when it has ended."""
    port = free_port()
    with serve(tmp_path, port=port) as server:
        Browser(port).register("susan")
        token = log_in(port, "first")
        with run("http_client.py", tmp_path, port, "--every", "0.1") as client:
            client.wait_for("+ http_client.py")
            server.stop()
            client.wait_for("again in")
            with serve(tmp_path, port=port):
                log_in(port, "second")
                client.wait_for("+ second")
                assert request(port, "DELETE", "/sessions", token)[0] == 204  # all others
                client.wait_for("+ http_client.py", times=2)
                client.process.kill()
                seen = [line.split(",")[0] for line in client.lines]
                assert seen[:3] == ["+ first", "+ http_client.py", "+ second"]
                assert sorted(seen[3:]) == ["+ http_client.py", "- http_client.py", "- second"]
                kept = kept_file(tmp_path).read_text()
                with run("http_client.py", tmp_path, port, password="wrong") as again:
                    again.wait_for("+ http_client.py")
                assert kept_file(tmp_path).read_text() == kept


def test_http_client_renews(tmp_path: Path) -> None:
    """It renews a token of which half of the time is over: another token, for the same login, and no password."""
    with serve(tmp_path) as server:
        Browser(server.port).register("susan")
        with run("http_client.py", tmp_path, server.port) as client:
            client.wait_for("+ http_client.py")
        file = kept_file(tmp_path)
        first = json.loads(file.read_text())
        for name in ("last_seen_at", "expires_at"):
            moment = datetime.fromisoformat(first["session"][name]) - timedelta(days=16)
            first["session"][name] = moment.isoformat()
        file.write_text(json.dumps(first))
        with run("http_client.py", tmp_path, server.port, "--every", "0.1", password="wrong") as client:
            client.wait_for("+ http_client.py")
            second = json.loads(kept_file(tmp_path).read_text())
            log_in(server.port, "another")
            client.wait_for("+ another")
            assert (client.lines[0][0], len(client.lines), client.complaints) == ("+", 2, "")
        assert second["session"]["id"] == first["session"]["id"]
        assert second["token"] != first["token"]
        assert json.loads(file.read_text()) == second  # renewed once
        assert request(server.port, "GET", "/me", first["token"])[0] == 401


async def test_http_client_reads_all_pages(capsys: pytest.CaptureFixture[str]) -> None:
    """It shows the logins of all pages, the oldest first."""
    pages = {
        "/sessions": {"sessions": [{"id": "c", "name": "third", "kind": "bearer", "client": "X"}], "next": "more"},
        "/sessions?cursor=more": {
            "sessions": [{"id": "a", "name": None, "kind": "session", "client": "Y"}],
            "next": None,
        },
    }

    class Stub:
        async def call(self, method: str, path: str) -> httpx.Response:
            return httpx.Response(200, json=pages.pop(path))  # a KeyError when it begins again, after no time

    watch = runpy.run_path(str(EXAMPLES / "http_client.py"))["watch"]
    with pytest.raises(KeyError, match="/sessions"):
        await watch(Stub(), 0.0)
    assert capsys.readouterr().out == "+ session, Y\n+ third, X\n"


def test_http_client_waits_as_it_is_told(tmp_path: Path) -> None:
    """After 429 it comes again when ``Retry-After`` says so, which is enough."""
    with serve(tmp_path, environment={"LOGINS_PER_MINUTE": "6"}) as server:
        Browser(server.port).register("susan")

        def use_up_the_logins() -> None:
            while request(server.port, "POST", "/sessions", content={"username": "x"})[0] != 429:
                pass

        use_up_the_logins()
        with run("http_client.py", tmp_path, server.port) as client:
            while not (client.complaints or client.lines):  # it may start for longer than a login is refused
                use_up_the_logins()
            client.wait_for("+ http_client.py")
        # Twice, if the last of these requests took what the client had been told to wait for.
        assert re.fullmatch(r"(refused with 429: again in ([1-9]|10)\.0 seconds\n){1,2}", client.complaints)


def test_wrong_password(tmp_path: Path) -> None:
    """Both clients stop when the password is wrong, with what the server says, and without another attempt."""
    with serve(tmp_path) as server:
        Browser(server.port).register("susan")
        for name in ("http_client.py", "live_client.py"):
            with run(name, tmp_path, server.port, password="wrong") as client:
                assert client.wait_for_end() == 1
                assert "Invalid username or password" in client.complaints
                assert "again in" not in client.complaints


def test_live_client_survives(tmp_path: Path) -> None:
    """It connects again after a restart and after a crash of the server, and stops when its login ends."""
    port = free_port()
    with serve(tmp_path, port=port) as server:
        Browser(port).register("susan")
        token = log_in(port)
        with run("live_client.py", tmp_path, port) as client:
            client.wait_for("1 online: susan")
            server.stop()
            client.wait_for("closed with 1001")
            with serve(tmp_path, port=port) as again:
                client.wait_for("1 online: susan", times=2)
                again.kill_worker()
                client.wait_for("closed with 1006")
                client.wait_for("1 online: susan", times=3)
                assert request(port, "DELETE", "/sessions", token)[0] == 204
                assert client.wait_for_end() == 1
                assert client.complaints.endswith("1008 The login has ended.\n")


def test_live_client_waits_as_it_is_told(tmp_path: Path) -> None:
    """Where the user has too many websockets, it waits for as long as the server says; at its end it logs out."""
    with serve(tmp_path, environment={"LIVE_SOCKETS_PER_USER": "1"}) as server:
        Browser(server.port).register("susan")
        (first, second) = (tmp_path / name for name in ("first", "second"))
        first.mkdir()
        second.mkdir()
        with run("live_client.py", first, server.port) as one:
            one.wait_for("1 online: susan")
            with run("live_client.py", second, server.port) as two:
                two.wait_for("refused with 429: again in 60.0 seconds")
                two.process.send_signal(signal.SIGINT)
                assert two.wait_for_end() == 0
        sessions = request(server.port, "GET", "/sessions", log_in(server.port))[1]["sessions"]
        assert [session["name"] for session in sessions] == ["another program", "live_client.py"]


def test_codes() -> None:
    """The client stops after the codes after which the server says so, and the documentation says the same of all."""
    advice = {str(close.code): close.advice for close in Close} | {"1009": Advice.STOP}
    stop = runpy.run_path(str(EXAMPLES / "live_client.py"))["STOP"]
    assert {str(code) for code in stop} == {code for code, each in advice.items() if each is Advice.STOP}
    rows = re.findall(
        r"^\| ([\d, ]+) \|.*\| (stop|reconnect|back off)\b.*\|$", prose(DOCS / "json-api.md"), re.MULTILINE
    )
    assert {code: each for codes, each in rows for code in codes.split(", ")} == advice


async def test_waits_of_the_live_client(capsys: pytest.CaptureFixture[str]) -> None:
    """It waits longer after each 1013, and shortly after a message and another code; it stops after 1008."""
    codes = iter([1013, 1013, 1013, 1011, 1001, 1008])

    async def close(connection: ServerConnection) -> None:
        await connection.send('{"count": 0, "names": []}')
        await connection.close(next(codes))

    watch = runpy.run_path(str(EXAMPLES / "live_client.py"))["watch"]
    watch.__globals__["FIRST_WAIT"] = 0.2
    async with serve_websockets(close, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(Exception, match=r"^1008 The login has ended\.$"):
            await watch(f"ws://127.0.0.1:{port}", "a token")
    said = capsys.readouterr().err
    waits = [float(found) for found in re.findall(r"again in ([\d.]+) seconds", said)]
    for wait, longest in zip(waits, [0.2, 0.4, 0.8, 0.2, 0.2], strict=True):
        assert longest / 2 <= wait <= longest, said
