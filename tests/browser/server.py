"""Starts the application at a free port, and returns when it answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import server
from tests.serving.server import ROOT as ROOT
from tests.serving.server import Browser


@contextmanager
def serve(instance: Path, root: Path = ROOT, /, **environment: str) -> Iterator[str]:
    """Run the server with its data in this folder; yields its address, ``http://127.0.0.1:port``.

    Arguments:
        instance: an existing folder for data and log.
        root: the folder of the packages: the repository, or a copy of it.
        environment: further variables.
    """
    with server.serve(instance, root=root, environment=environment) as running:
        assert Browser(running.port).get("/login")[0] == 200, running.log.read_text(errors="replace")
        yield f"http://127.0.0.1:{running.port}"
