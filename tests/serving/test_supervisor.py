"""The supervisor of ``python -m quart_app.serve``, with real processes that are killed."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from quart_app.serve.__main__ import main
from tests.serving.server import EXIT_TIMEOUT, RESPONSE_TIMEOUT, Browser, serve, start, wait_until

# Seconds; seen: 0.7 to 0.9, see docs/operations.md. A test is not for measuring, but this is not a minute.
_RECOVERY = 25.0
_STARTS = 3
"""Or as long as so many starts of the server take, on a machine where one takes long."""
UNHURRIED = {"BODY_TIMEOUT": "300"}
"""A client may take long for its body: as long as a worker needs to start, on a machine that is busy."""


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.quick), "2"])
def test_killed_worker_is_replaced(tmp_path: Path, workers: str) -> None:
    """After a worker is killed the next request is answered, and everything answered before it is kept."""
    began = time.monotonic()
    with serve(tmp_path, "--workers", workers) as server:
        wait_until(lambda: len(server.workers) == int(workers))
        start_took = time.monotonic() - began
        susan = Browser(server.port)
        assert susan.register("susan") == 302
        assert susan.login("susan") == 302
        before = server.workers
        server.kill_worker()
        killed_at = time.monotonic()
        status, text = susan.get("/index")
        assert time.monotonic() - killed_at < max(_RECOVERY, _STARTS * start_took)
        assert (status, "susan" in text) == (200, True)
        wait_until(lambda: len(server.workers) == int(workers) and server.workers != before)
        assert server.stop() == 0


def test_a_worker_that_reaches_max_requests_is_replaced(tmp_path: Path) -> None:
    """Hypercorn's ``max_requests`` ends a worker, and the supervisor starts another one.

    A connection that a Hypercorn takes in the very moment in which it stops has no request yet, and is closed with
    those that are idle: browsers connect again, and so do we. (Seen with asyncio's own loop, which this configuration
    has, 4 times in 18,821; never in 22,383 with uvloop.)
    """
    config = tmp_path / "hypercorn.toml"
    config.write_text("max_requests = 1\n")
    with serve(tmp_path, config=config) as server:
        first = server.workers
        browser = Browser(server.port)

        def is_replaced() -> bool:
            with suppress(ConnectionError):
                assert browser.get("/login")[0] == 200
            return server.workers not in ([], first)

        wait_until(is_replaced)


def test_a_start_that_fails_ends(tmp_path: Path) -> None:
    """If the first worker cannot start, the supervisor ends with its error, in one line, and exit status 1."""
    environment = {"ENVIRONMENT": "production", "SECRET_KEY": "a key that is long enough", "MAIL_URL": "file:"}
    with start(tmp_path, environment=environment, with_tables=False) as server:
        assert server.process.wait(EXIT_TIMEOUT) == 1
    log = server.log.read_text()
    assert "\nLifespan failure in startup. 'The database is at revision none" in log
    assert "\nTraceback" not in log
    assert "A worker did not start (exit status 1); its error is above." in log


def test_a_start_without_a_database(tmp_path: Path) -> None:
    """If the database server cannot be used, the supervisor ends with the reason, and shows no password."""
    with start(tmp_path, environment={"DATABASE_URL": "postgresql://susan:crEt@127.0.0.1:1/name"}) as server:
        assert server.process.wait(EXIT_TIMEOUT) == 1
    log = server.log.read_text()
    assert "The database does not answer" in log
    assert "Connect call failed ('127.0.0.1', 1)" in log
    assert "Traceback" not in log
    assert "crEt" not in log


@pytest.mark.quick
def test_not_on_windows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its workers could inherit no sockets: it says so before it opens any, and what to run instead."""
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "argv", ["serve"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert 'hypercorn --config hypercorn.toml "quart_app:create_app()"' in capsys.readouterr().err


@pytest.mark.quick
@pytest.mark.parametrize("text", [None, "bind = ["], ids=["missing", "not TOML"])
def test_a_configuration_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    """The command ends with one sentence that names the file, and with status 2."""
    file = tmp_path / "server.toml"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(sys, "argv", ["serve", f"--config={file}"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert f"Cannot read {file}: " in capsys.readouterr().err


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """A second server on the same port ends with a message; the first keeps serving."""
    with serve(tmp_path) as first:
        with start(tmp_path, f"--bind=127.0.0.1:{first.port}") as second:
            assert second.process.wait(EXIT_TIMEOUT) == 2
            assert "Address already in use" in second.log.read_text()
        assert Browser(first.port).get("/login")[0] == 200


def begin_registration(browser: Browser) -> tuple[HTTPConnection, bytes]:
    """Send an incomplete form without its last byte; return the connection and that byte."""
    form = urlencode({"csrf_token": browser.token("/register"), "username": "susan"}).encode()
    connection = HTTPConnection("127.0.0.1", browser.port, timeout=RESPONSE_TIMEOUT)
    connection.putrequest("POST", "/register")
    for name, value in {**browser.all_headers(), "Content-Length": str(len(form))}.items():
        connection.putheader(name, value)
    connection.endheaders(form[:-1])
    return connection, form[-1:]


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_answered(tmp_path: Path, by: signal.Signals) -> None:
    """After SIGTERM the server accepts no connection, answers the requests in progress, and exits with 0."""
    with serve(tmp_path, environment=UNHURRIED) as server:
        browser = Browser(server.port)
        waiting = [begin_registration(browser) for _ in range(10)]
        assert browser.get("/login")[0] == 200  # so they all have been accepted before it
        server.process.send_signal(by)
        wait_until(lambda: not server.is_listening())
        answers = []
        for connection, rest in waiting:
            connection.send(rest)
            answers.append(connection.getresponse().status)
            connection.close()
        assert answers == [200] * 10
        assert server.process.wait(EXIT_TIMEOUT) == 0


def test_reload_refuses_nobody(tmp_path: Path) -> None:
    """On SIGHUP a new worker serves before the old one stops, which completes its requests."""
    with serve(tmp_path, environment=UNHURRIED) as server:
        old = server.workers
        browser = Browser(server.port)
        waiting, rest = begin_registration(browser)
        assert browser.get("/login")[0] == 200  # so the other has been accepted before it
        server.process.send_signal(signal.SIGHUP)

        def is_replaced() -> bool:
            assert browser.get("/login")[0] == 200
            return server.log.read_text().count("Running on") == 2

        wait_until(is_replaced)
        waiting.send(rest)
        assert waiting.getresponse().status == 200
        waiting.close()
        wait_until(lambda: len(server.workers) == 1 and server.workers != old)


def test_a_failed_reload_keeps_the_old_worker(tmp_path: Path) -> None:
    """If the new worker cannot start, the old one keeps serving."""
    config = tmp_path / "hypercorn.toml"
    config.write_text("")
    with serve(tmp_path, config=config) as server:
        old = server.workers
        config.write_text("this is not TOML")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("the old workers keep serving.")
        assert server.workers == old
        assert Browser(server.port).get("/login")[0] == 200


def test_a_worker_that_cannot_be_replaced_yet(tmp_path: Path) -> None:
    """After a successful start the supervisor retries for ever: the cause may be repaired meanwhile."""
    config = tmp_path / "hypercorn.toml"
    config.write_text("")
    with serve(tmp_path, config=config) as server:
        config.write_text("this is not TOML")
        server.kill_worker()
        server.wait_for_log("Trying again.")
        config.write_text("")
        assert Browser(server.port).get("/login")[0] == 200


def test_workers_end_with_the_supervisor(tmp_path: Path) -> None:
    """If the supervisor is killed, its workers end, and the port is free again."""
    with serve(tmp_path, "--workers", "2") as server:
        wait_until(lambda: len(server.workers) == 2)
        server.process.kill()
        wait_until(lambda: not server.is_listening())
