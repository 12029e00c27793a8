"""The log and the metrics of servers with several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict

from quart_app.operation.metrics import Metrics
from quart_app.server_pid import SERVER_PID
from tests.app.hypercorn_server import serve_by_hypercorn
from tests.app.test_metrics import value
from tests.serving.server import RESPONSE_TIMEOUT, ROOT, Browser, serve, wait_until

_REQUESTS = "http_requests_total"


@dataclass
class Worker:
    process: subprocess.Popen[str]

    def do(self, command: str) -> str:
        """Send a command; return the metrics as this worker sees them."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().replace(";", "\n")

    def kill(self) -> None:
        """Kill the worker with SIGKILL."""
        self.process.kill()
        self.process.wait()


@contextmanager
def working(folder: Path, server: int) -> Iterator[Worker]:
    """A worker of this server."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "tests.app.counting_worker", str(folder)],
        cwd=ROOT,
        env={**os.environ, SERVER_PID: str(server)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Worker(process)
        process.kill()


def requests(written: str) -> float:
    """The number of requests counted by all workers."""
    return value(written, _REQUESTS, method="GET", route="/", status="2xx")


@pytest.mark.served
def test_counts_survive_a_worker(tmp_path: Path) -> None:
    """Counts of a killed worker stay, its gauges are removed, and its file is used by the next one."""
    server = os.getpid()
    with working(tmp_path, server) as one, working(tmp_path, server) as other:
        for worker in (one, one, other):
            worker.do("count")
        one.do("open")
        written = other.do("open")
        assert (requests(written), value(written, "websockets_open")) == (3, 2)
        one.kill()
        written = other.do("look")
        assert (requests(written), value(written, "websockets_open")) == (3, 1)
        files = {file.name for file in (tmp_path / str(server)).iterdir()}
        with working(tmp_path, server) as third:
            third.do("count")
            written = third.do("open")
            assert (requests(written), value(written, "websockets_open")) == (4, 2)
            assert requests(other.do("look")) == 4
            assert {file.name for file in (tmp_path / str(server)).iterdir()} >= files
            assert len(list((tmp_path / str(server)).glob("counter_*.db"))) == 2


@pytest.mark.served
def test_a_place_is_taken_over(tmp_path: Path) -> None:
    """A worker that takes the place of a killed one continues its counts, with gauges of 0."""
    with working(tmp_path, os.getpid()) as one:
        one.do("count")
        one.do("open")
        one.kill()
    with working(tmp_path, os.getpid()) as next_one:
        written = next_one.do("count")
        assert (requests(written), value(written, "websockets_open")) == (2, 0)


@pytest.mark.served
def test_files_of_dead_servers(tmp_path: Path) -> None:
    """The files of a dead server are removed by the next one; those of a running server are kept."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    (tmp_path / str(ended.pid)).mkdir()
    for name in ("0.lock", "counter_0.db"):
        (tmp_path / str(ended.pid) / name).write_bytes(b"")
    with working(tmp_path, os.getpid()) as one, working(tmp_path, os.getppid()) as other:
        assert requests(one.do("count")) == requests(other.do("count")) == 1
        assert {file.name for file in tmp_path.iterdir()} == {str(os.getpid()), str(os.getppid())}
        assert (tmp_path / str(os.getpid())).stat().st_mode & 0o777 == 0o700


@pytest.mark.served
def test_folders_of_others(tmp_path: Path) -> None:
    """A folder named after a dead process is not removed if it is not one of ours."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    letters = tmp_path / str(ended.pid) / "letters.txt"
    letters.parent.mkdir()
    letters.touch()
    with working(tmp_path, os.getpid()) as one:
        one.do("look")
    assert letters.exists()


@pytest.mark.parametrize("kind", ["link", "link to nothing", "file", "open to all", "of another user"])
def test_a_folder_that_others_have_prepared(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in /tmp that another user has prepared is refused; nothing is written or removed there."""
    folder, elsewhere = tmp_path / "metrics", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind.startswith("link"):
        folder.symlink_to(elsewhere if kind == "link" else tmp_path / "nothing")
    elif kind == "file":
        folder.touch()
    else:
        folder.mkdir()
    if kind == "open to all":
        folder.chmod(0o777)
    if kind == "of another user":
        if os.geteuid() != 0:
            pytest.skip("only root can give a folder away")
        os.chown(folder, 65534, 65534)
    monkeypatch.setenv(SERVER_PID, str(os.getpid()))
    with pytest.raises(PermissionError, match=r"Set METRICS_FOLDER to one that is\.$"):
        Metrics().share_with_workers(folder)
    assert not list(elsewhere.iterdir())


@pytest.mark.served
def test_alone(tmp_path: Path) -> None:
    """A process without a server keeps its counts in memory."""
    environment = {name: text for name, text in os.environ.items() if name != SERVER_PID}
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "tests.app.counting_worker", str(tmp_path)],
        cwd=ROOT,
        env=environment,
        input="count\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert requests(done.stdout.replace(";", "\n")) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the servers' counts."""
    return tmp_path / "metrics"


@pytest.fixture
def address(tmp_path: Path, folder: Path) -> Iterator[str]:
    """The address of a Hypercorn with two workers."""
    with serve_by_hypercorn(tmp_path, 2, METRICS_FOLDER=str(folder), LOG_FORMAT="json", LOG_LEVEL="DEBUG") as address:
        yield address


def get(address: str, path: str) -> str:
    """Send a request over a new connection, which any worker may accept."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=RESPONSE_TIMEOUT)
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status == 200
    text = response.read().decode()
    connection.close()
    return text


def logins(address: str) -> float:
    """The count of requests for the login page, which is updated a moment after the response."""
    return value(get(address, "/metrics"), _REQUESTS, method="GET", route="/login", status="2xx")


def _has_counted(file: Path) -> bool:
    values = MmapedDict.read_all_values_from_file(str(file))  # type: ignore[no-untyped-call] # it has no types
    return any('"/login"' in key and number for key, number, *_ in values)


@pytest.mark.served
def test_two_workers(address: str, folder: Path, tmp_path: Path) -> None:
    """Each worker returns the counts of both; each log line is JSON, and each request has one."""
    wait_until(lambda: logins(address) == 1)  # the one that the server was waited for with
    asked = 1
    while asked < 20 or sum(_has_counted(file) for file in folder.glob("*/counter_*.db")) < 2:
        assert asked < 2000, "one worker takes all connections"
        get(address, "/login")
        asked += 1
    wait_until(lambda: logins(address) == asked)
    assert {logins(address) for _ in range(8)} == {asked}
    lines = [json.loads(line) for line in (tmp_path / "hypercorn.log").read_text().splitlines()]
    assert sum(line.get("route") == "/login" for line in lines) == asked
    assert sum("Running on" in line["event"] for line in lines) == 2
    assert {line["logger"] for line in lines} == {"hypercorn.error", "quart_app.access", "quart_app.mail"}


@pytest.mark.served
def test_a_killed_worker(folder: Path, tmp_path: Path) -> None:
    """The supervisor's workers add up, and no count falls when one is killed and replaced."""
    environment = {"METRICS_FOLDER": str(folder)}
    with serve(tmp_path, "--workers", "2", environment=environment) as server:
        address, places = f"http://127.0.0.1:{server.port}", folder / str(server.process.pid)
        wait_until(lambda: len(list(places.glob("counter_*.db"))) == 2)
        for _ in range(20):
            get(address, "/login")
        wait_until(lambda: logins(address) == 20)
        server.kill_worker()
        server.wait_for_log("starting another one")
        for _ in range(20):
            get(address, "/login")
        wait_until(lambda: logins(address) == 40)
        assert len(list(places.glob("counter_*.db"))) == 2


@pytest.mark.served
def test_every_part_of_a_worker_counts(folder: Path, tmp_path: Path) -> None:
    """Parts that were made before the counts were shared are added up, too, such as password hashes."""
    with serve(tmp_path, environment={"METRICS_FOLDER": str(folder)}) as server:
        assert Browser(server.port).register("susan") == 302
        written = get(f"http://127.0.0.1:{server.port}", "/metrics")
        assert value(written, "password_hash_duration_seconds_count") == 1


@pytest.mark.served
def test_a_worker_logs_before_it_serves(tmp_path: Path) -> None:
    """In production, lines that are logged while the application is created are JSON, too."""
    environment = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "a key that is long enough",
        "MAIL_URL": "file:",
        "UPGRADE_AT_START": "true",
        "METRICS_FOLDER": str(tmp_path / "metrics"),
    }
    with serve(tmp_path, environment=environment) as server:
        server.wait_for_log("ALLOWED_HOSTS is empty")
        (line,) = (each for each in server.log.read_text().splitlines() if "ALLOWED_HOSTS" in each)
        assert json.loads(line)["level"] == "warning"


@pytest.mark.served
def test_a_full_disk(tmp_path: Path) -> None:
    """If the log cannot be written, requests are answered."""
    (tmp_path / "hypercorn.log").symlink_to("/dev/full")
    with serve_by_hypercorn(tmp_path, LOG_LEVEL="DEBUG") as address:
        for _ in range(300):
            get(address, "/login")
