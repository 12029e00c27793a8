"""The environment of the peers: packages that the application's environment cannot have beside its own versions."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

from .commands import ROOT

#: What installs it.
HOW_TO_GET = "make peers"
#: The environment variable that names another Python.
PYTHON = "BENCHMARK_PEERS_PYTHON"
_ASK = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def peers_python() -> Path:
    """The Python of the peers; ``make peers`` makes it."""
    return Path(os.environ.get(PYTHON, ROOT / ".venv-peers" / "bin" / "python"))


@cache
def installed_versions(*packages: str) -> dict[str, str]:
    """The versions of those of the packages that the peers' environment has; empty if there is none."""
    python = peers_python()
    if not python.exists():
        return {}
    command = [str(python), "-c", _ASK, *packages]
    told = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    versions: dict[str, str] = json.loads(told.stdout)
    return versions
