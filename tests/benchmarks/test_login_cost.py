"""The measurements run; their results are not judged here."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from benchmarks import login_cost, page_cost, start_cost
from benchmarks.services.postgresql import HOW_TO_GET_IT, find_postgresql
from tests.services.needed import needed


def test_login_cost_measures_every_contender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``python -m benchmarks.login_cost`` prints a row for each contender, and writes the same as JSON."""
    file = tmp_path / "cost.json"
    options = ["--rounds", "2", "--requests", "1", "--loop", "asyncio", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", ["login_cost", *options])

    login_cost.main()

    rows = json.loads(file.read_text())["rows"]
    assert set(rows) == {"plain session read", *login_cost.GOALS}
    printed = capsys.readouterr().out
    assert [name for name in rows if name not in printed] == []
    assert all(row["µs a request"] > 0 for row in rows.values())


@pytest.mark.skipif(
    shutil.which("wrk") is None and "CI" not in os.environ,
    reason="wrk is missing. On Debian and Ubuntu: apt-get install wrk",
)
@pytest.mark.parametrize("database", ["postgresql"])
def test_page_cost_measures_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: str
) -> None:
    """``python -m benchmarks.page_cost`` prints a row for each contender, and writes the same as JSON."""
    if database == "postgresql":
        needed(find_postgresql(), HOW_TO_GET_IT)
    file = tmp_path / "cost.json"
    options = ["--database", database, "--rounds", "1", "--seconds", "1", "--json", str(file)]
    monkeypatch.setattr(sys, "argv", ["page_cost", *options])

    page_cost.main()

    rows = json.loads(file.read_text())["rows"]
    assert set(rows) == set(page_cost.NAMES)
    printed = capsys.readouterr().out
    assert [name for name in rows if name not in printed] == []
    assert all(value > 0 for row in rows.values() for value in row.values())


SMALL_SERVER = """
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

supervisor, worker = os.getpid(), os.fork()
if worker:
    signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGKILL))
    os.waitpid(worker, 0)
else:
    HTTPServer(("127.0.0.1", int(sys.argv[-1].rpartition(":")[2])), Handler).serve_forever()
"""


@pytest.fixture
def small_checkout(tmp_path: Path) -> Path:
    """An application of this one's names that imports next to nothing: a supervisor and a worker that answers 200."""
    package = tmp_path / "small" / "quart_app"
    package.mkdir(parents=True)
    for name, code in (("__init__", ""), ("factory", ""), ("serve", SMALL_SERVER)):
        (package / f"{name}.py").write_text(code)
    return package.parent


@pytest.mark.served
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_start_cost_measures_two_checkouts(
    tmp_path: Path, small_checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``python -m benchmarks.start_cost`` prints each figure of both checkouts, and writes the same as JSON."""
    monkeypatch.setattr(start_cost, "_SETTLING", 0.1)
    file = tmp_path / "cost.json"
    options = ["--rounds", "1", "--than", str(small_checkout), "--python", sys.executable, "--json", str(file)]
    monkeypatch.setattr(sys, "argv", ["start_cost", *options])

    start_cost.main()

    found = json.loads(file.read_text())
    assert set(found) == {"here", "there"}
    printed = capsys.readouterr().out
    assert [figure for figure in start_cost.FIGURES if figure not in printed] == []
    assert all(figures[figure] > 0 for figures in found.values() for figure in start_cost.FIGURES)
    for figure in ("import, modules", "import, CPU ms", "next start, CPU ms", "worker, MB"):
        assert found["there"][figure] < found["here"][figure], figure
