"""What a start costs: the import of the application, the time until the first page, and the memory afterwards.

The smallest of some interleaved rounds is reported, of CPU time, elapsed time and memory alike: other work on the
machine only ever adds. The first start makes the tables of an empty database; the next one finds them. Linux only.

    python -m benchmarks.start_cost [--rounds 5] [--than CHECKOUT [--python PATH]] [--json FILE]

With ``--than``, the same is measured of another checkout, by the Python of its ``.venv`` or the given one, and each
figure's ratio to that one's is printed. For a fair ratio both environments have the same packages, and no more than
``make run`` installs.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.services.ports import free_port
from benchmarks.serving.cpu_clock import cpu_seconds

ROOT = Path(__file__).resolve().parents[1]
FIGURES = (
    *("import, CPU ms", "import, modules", "import, MB"),
    *("first start, CPU ms", "first start, ms", "next start, CPU ms", "next start, ms"),
    *("supervisor, MB", "worker, MB"),
)
_IMPORT = "import sys, quart_app.factory; print(len(sys.modules))"
_TIMEOUT = 60.0  # seconds until the first page, on a busy machine
_SETTLING = 2.0  # seconds in which a worker does what it postpones at its start


class Checkout(NamedTuple):
    """A version of the application, and a Python whose environment has its packages."""

    folder: Path
    python: Path

    def measure(self) -> dict[str, float]:
        """All figures, each once."""
        with TemporaryDirectory() as instance:
            first, following = self._start(Path(instance)), self._start(Path(instance))
        return {
            **self._import(),
            **{f"first start, {unit}": first[unit] for unit in ("CPU ms", "ms")},
            **{f"next start, {unit}": following[unit] for unit in ("CPU ms", "ms")},
            **{f"{process}, MB": following[process] for process in ("supervisor", "worker")},
        }

    def _import(self) -> dict[str, float]:
        command = [str(self.python), "-c", _IMPORT]
        process = subprocess.Popen(command, cwd=self.folder, env=_environment(), stdout=subprocess.PIPE)  # noqa: S603 - ours
        assert process.stdout is not None
        with process.stdout:
            modules = int(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return {
            "import, CPU ms": (usage.ru_utime + usage.ru_stime) * 1000,
            "import, modules": modules,
            "import, MB": usage.ru_maxrss * 1024 / 1e6,
        }

    def _start(self, instance: Path) -> dict[str, float]:
        """Start the server with its data in this folder, until it has answered a request for the login page."""
        port, log = free_port(), instance / "server.log"
        command = [str(self.python), "-m", "quart_app.serve", "--config", "hypercorn.toml"]
        environment = {**_environment(), "ENVIRONMENT": "development", "INSTANCE_PATH": str(instance)}
        with log.open("wb") as output:
            began = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603 - ours
                [*command, "--workers=1", f"--bind=127.0.0.1:{port}"],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=output,
            )
        try:
            _wait_for_page(port, process, log)
            elapsed = time.perf_counter() - began
            (worker,) = _children(process.pid)
            cpu = cpu_seconds(process.pid) + cpu_seconds(worker)
            time.sleep(_SETTLING)
            return {
                "CPU ms": cpu * 1000,
                "ms": elapsed * 1000,
                "supervisor": _memory(process.pid),
                "worker": _memory(worker),
            }
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_TIMEOUT)


def _environment() -> dict[str, str]:
    """That of this process, except for settings that keep Python from using what it has compiled."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _wait_for_page(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    last = time.monotonic() + _TIMEOUT
    while process.poll() is None and time.monotonic() < last:
        connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        try:
            connection.request("GET", "/login")
            assert connection.getresponse().status == 200
        except ConnectionRefusedError:
            time.sleep(0.005)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')}")


def _children(pid: int) -> list[int]:
    return [int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()]


def _memory(pid: int) -> float:
    """Megabytes of a process, with its part of what several share (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def main() -> None:
    """Measure, and print a row for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_cost", description="What a start costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--than", type=Path, help="another checkout")
    parser.add_argument("--python", type=Path, help="its Python, if not that of its .venv")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    contenders = {"here": Checkout(ROOT, Path(sys.executable))}
    if options.than is not None:
        folder = options.than.absolute()
        contenders["there"] = Checkout(folder, options.python or folder / ".venv/bin/python")

    rounds = [{name: each.measure() for name, each in contenders.items()} for _ in range(options.rounds)]
    least = {name: {figure: min(turn[name][figure] for turn in rounds) for figure in FIGURES} for name in contenders}
    for figure in FIGURES:
        row = [f"{figure:22}", *(f"{least[name][figure]:10.0f}" for name in contenders)]
        if options.than is not None:
            row.append(f"{least['here'][figure] / least['there'][figure]:8.2f}")
        sys.stdout.write("".join(row) + "\n")
    if options.json is not None:
        options.json.write_text(json.dumps(least, indent=2))


if __name__ == "__main__":
    main()
