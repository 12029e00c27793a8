"""Environments beside this one, with packages that cannot or should not stand in it."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

#: In each environment in the versions that these tests run with.
_SAME = ("quart", "quart-auth", "werkzeug")
_PIP_TIMEOUT = 240.0  # seconds


def make_environment(folder: Path, requirements: Path) -> Path:
    """Make an environment with these requirements below *folder*, or take the one that is there.

    Returns:
        The folder with its programs.
    """
    wanted = [*requirements.read_text().splitlines(), *(f"{name}=={version(name)}" for name in _SAME)]
    name = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:12]
    environment = folder / name
    with environment.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # other processes of these tests wait for the one that makes it
        complete = environment / "complete"
        if not complete.exists():
            shutil.rmtree(environment, ignore_errors=True)
            _run(sys.executable, "-m", "venv", "--without-pip", str(environment))
            pip = (sys.executable, "-m", "pip", "--python", str(environment), "--disable-pip-version-check", "--quiet")
            _run(*pip, "install", "--no-compile", *(line for line in wanted if not line.startswith("#")))
            complete.touch()
    return environment / "bin"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_TIMEOUT, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stdout + done.stderr
