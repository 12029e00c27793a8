"""The linters and generators, a server, and its OpenAPI document.

They are programs for Node, which a package of the group ``clients`` brings, and npm installs them in the versions of
``package-lock.json`` into the environment: ``make test-all`` does it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest

from tests.browser.server import serve
from tests.services.needed import needed

FOLDER = Path(__file__).parent
HOW_TO_GET_THEM = (
    "The descriptions of the API are not checked, and no client is generated from them, without {}: "
    "make test-all installs them"
)
_NODE_MODULES = Path(sys.prefix, "clients", "node_modules")
_PROGRAMS = ("openapi-python-client", "openapi-ts", "openapi-typescript", "redocly", "spectral", "tsc")
_TIMEOUT = 240.0  # seconds, for mypy on a busy machine


class Api(NamedTuple):
    """The API of a running server."""

    url: str
    document: dict[str, Any]


Run = Callable[[Sequence[str]], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def path_of_programs() -> str:
    """``PATH`` with the linters, the generators and Node."""
    path = os.pathsep.join((str(Path(sys.executable).parent), str(_NODE_MODULES / ".bin"), os.environ["PATH"]))
    missing = [program for program in ("node", *_PROGRAMS) if shutil.which(program, path=path) is None]
    missing += [] if find_spec("httpx") else ["httpx"]
    return needed(None if missing else path, HOW_TO_GET_THEM.format(", ".join(missing)))


@pytest.fixture
def run(tmp_path: Path, path_of_programs: str) -> Run:
    """Run a program in the folder of the test, where the files of this folder are, and what npm has installed."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "node_modules").symlink_to(_NODE_MODULES)
    quiet = {"REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"}

    def run_here(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        program = shutil.which(command[0], path=path_of_programs)
        assert program is not None
        return subprocess.run(  # noqa: S603 - our own commands
            [program, *command[1:]],
            cwd=tmp_path,
            env={**os.environ, "PATH": path_of_programs, **quiet},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )

    return run_here


@pytest.fixture(scope="session")
def api(path_of_programs: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server, and its API: the URL is what the document says, from where it was loaded."""
    with serve(tmp_path_factory.mktemp("server")) as address:
        url = f"{address}/api/v1/openapi.json"
        with urlopen(url, timeout=_TIMEOUT) as response:  # noqa: S310 - our own server
            document = json.load(response)
        yield Api(urljoin(url, document["servers"][0]["url"]), document)


@pytest.fixture
def document_file(api: Api, tmp_path: Path) -> Path:
    """The OpenAPI document, as a file in the folder of the test."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(api.document))
    return file
