"""Each row of docs/servers.md on HTTP/2 and HTTP/3, on the server itself."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
from h2.exceptions import InvalidBodyLengthError

from tests.servers.http2 import Http2Client, connect
from tests.servers.running import Running, serve, start
from tests.servers.test_servers import PAGE
from tests.serving.server import wait_until

ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and ", HTTP/" in (cells := [cell.strip() for cell in line.strip("| ").split("|")])[0]
}
_HTTP3_TIMEOUT = 180.0  # seconds for all requests of the client
_LEAVING = {"cancelled": 30.0, "runs on": 3.0}  # seconds to wait for the end of a view whose client has left


def after_leaving(server: Running, expected: str) -> str:
    """What has become of the view of a client that has left."""
    deadline = time.monotonic() + _LEAVING[expected]
    while time.monotonic() < deadline and "cancelled" not in server.seen()["events"]:
        time.sleep(0.05)
    return "cancelled" if "cancelled" in server.seen()["events"] else "runs on"


def head_over(client: Http2Client) -> str:
    """How HEAD is answered: with a body, which HTTP/2 forbids, the client gives the connection up."""
    try:
        answer = client.request("HEAD", "/members")
    except InvalidBodyLengthError:
        return "with a body: clients fail"
    return "as GET" if answer[":status"] == "302" else answer[":status"]


@pytest.mark.parametrize("name", ["hypercorn", "granian"])
def test_http2(name: str, programs: Path, tmp_path: Path) -> None:
    """A login, HEAD, websockets and a client that leaves over HTTP/2."""
    with serve(programs, tmp_path / "log", name) as server, connect(server.port) as client:
        refused, login = client.request("GET", "/members"), client.request("POST", "/login")
        cookie = login["set-cookie"].partition(";")[0]
        page = client.request("GET", "/members", ("cookie", cookie))
        websockets = "not offered"
        if client.protocol.remote_settings.enable_connect_protocol:
            websockets = f"{client.open_websocket('/socket', '')}, {client.open_websocket('/socket', cookie)}"
        with connect(server.port) as another:
            head = head_over(another)
        stream = client.begin("GET", "/slow")
        wait_until(lambda: "waiting" in server.seen()["events"])
        client.reset(stream)
        left = after_leaving(server, ROWS[f"{name}, HTTP/2"][2])

    assert refused["location"] == "/login?next=%2Fmembers"
    assert (login[":status"], page[":status"]) == ("302", "200")
    assert ROWS[f"{name}, HTTP/2"] == [head, websockets, left]


def test_http3(programs: Path, tmp_path: Path) -> None:
    """A login, HEAD, websockets, a client that moves to another address and then leaves, over HTTP/3."""
    certificate, key = str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")
    request = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost")
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)  # noqa: S603
    command = ("hypercorn", "--quic-bind", "127.0.0.1:{port}", "--insecure-bind", "127.0.0.1:{port}")
    with start(programs, tmp_path / "log", command, "--certfile", certificate, "--keyfile", key) as server:
        wait_until(server.is_listening)
        client = (str(programs / "python"), str(Path(__file__).with_name("http3_client.py")), str(server.port))
        done = subprocess.run(client, capture_output=True, text=True, timeout=_HTTP3_TIMEOUT, check=False)  # noqa: S603
        assert done.returncode == 0, done.stderr + server.log.read_text()
        found = json.loads(done.stdout)
        left = after_leaving(server, ROWS["hypercorn, HTTP/3"][2])

    assert (found["seen"]["protocol"], found["seen"]["address"]) == ("3", "127.0.0.1")
    assert found["refused"]["location"] == "/login?next=%2Fmembers"
    assert (found["login"][":status"], found["page"]) == ("302", "susan")
    assert found["head"]["location"] == found["refused"]["location"]
    head = f"with a body: {found['body_of_head']}" if found["body_of_head"] else "as GET"
    assert ROWS["hypercorn, HTTP/3"] == [head, ", ".join(found["websockets"]), left]
