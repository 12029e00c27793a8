"""Peers: the same page by other libraries, each with its own tables and logins."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load.accounts import PASSWORD
from benchmarks.serving.commands import ROOT
from benchmarks.serving.peers_environment import installed_versions, peers_python

from .visitor import BY_NAME, LoginForm, Visitor

_FILL_TIMEOUT = 120.0
_LOGINS = 100
"""Users whom the load generator picks from."""


@dataclass(frozen=True)
class Peer:
    """A library that serves the page.

    Attributes:
        module: its application.
        packages: what has to be installed.
        form: how its users log in.
        environment: what its application is told, beside the folder.
    """

    module: str
    packages: tuple[str, ...]
    form: LoginForm = BY_NAME
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def is_installed(self) -> bool:
        """Whether the peers' environment has all of it."""
        return installed_versions(*self.packages).keys() == set(self.packages)

    def fill(self, folder: Path, users: int) -> dict[str, str]:
        """Make its database in a folder; gives the environment that its server needs."""
        environment = {"INSTANCE_PATH": str(folder), "LOG_LEVEL": "WARNING", **dict(self.environment)}
        command = [str(peers_python()), "-m", "benchmarks.applications.peers.fill", self.module, str(users), PASSWORD]
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=_FILL_TIMEOUT,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.module} has no database:\n{done.stderr[-2000:]}")
        return environment


def write_peer_cookies(url: str, form: LoginForm, file: Path, users: int) -> None:
    """Log in users by the form, and write their ``Cookie`` headers, a line each."""
    lines = []
    for number in range(1, min(users, _LOGINS) + 1):
        visitor = Visitor(url)
        visitor.log_in(form, number, PASSWORD)
        visitor.ask("/")
        lines.append(f"{visitor.cookie}\n")
    file.write_text("".join(lines))


_PEERS = "benchmarks.applications.peers"
_BY_EMAIL = "user{}@example.com"
DJANGO = Peer(f"{_PEERS}.with_django", ("django", "gunicorn"))
DJANGO_ASYNC = Peer(f"{_PEERS}.with_django", ("django", "uvicorn"), environment=(("BENCHMARK_DJANGO_ASYNC", "1"),))
FASTAPI_USERS = Peer(f"{_PEERS}.with_fastapi_users", ("fastapi", "fastapi-users", "uvicorn"), LoginForm(name=_BY_EMAIL))
QUART_SECURITY = Peer(
    f"{_PEERS}.with_quart_security", ("quart", "quart-security", "hypercorn"), LoginForm("email", _BY_EMAIL)
)
