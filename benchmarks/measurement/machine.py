"""Where the figures come from: no figure means anything without it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.serving.peers_environment import installed_versions

_PACKAGES = (
    *("quart", "hypercorn", "uvloop", "quart-auth", "flask", "flask-login", "gunicorn", "werkzeug", "sqlalchemy"),
    *("aiosqlite", "asyncpg", "psycopg", "uvicorn", "granian"),
)
_PEERS = ("django", "fastapi", "fastapi-users", "quart", "quart-security", "sqlalchemy", "uvicorn", "httptools")


def describe_machine() -> dict[str, str]:
    """Machine, versions and moment, in words."""
    facts = {
        "measured": datetime.now(UTC).isoformat(timespec="minutes"),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": _memory(),
        "system": f"{platform.system()} {platform.release()}",
        "load before": load_average(),
        "Python": platform.python_version(),
    }
    for package in _PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "not installed"
    for package, number in installed_versions(*_PEERS).items():
        facts[f"{package} (peers)"] = number
    for tool in ("wrk", "h2load"):
        facts[tool] = _tool_version(tool)
    return facts


def load_average() -> str:
    """How many processes wanted a core, in the last 1, 5 and 15 minutes."""
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB"


def _tool_version(tool: str) -> str:
    if shutil.which(tool) is None:
        return "not installed"
    told = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 - by its name
    return (told.stdout + told.stderr).strip().partition("\n")[0]
