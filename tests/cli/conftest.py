from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from quart.cli import ScriptInfo, cli

from quart_app.application import Application
from quart_app.factory import create_app
from tests.app.log_lines import restored_logging
from tests.services.tables import folder_with_tables


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """Commands configure the logging of their process, which is that of all tests."""
    with restored_logging():
        yield


def _run(app: Application, *arguments: str, input: str | None = None) -> Result:  # noqa: A002 - click's name
    return CliRunner().invoke(cli, arguments, obj=ScriptInfo(create_app=lambda: app), input=input)


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run a command of ``quart`` with an application."""
    return _run


@pytest.fixture
def app(tmp_path: Path) -> Application:
    """An application without a server, with tables in an SQLite file and a cheap hash."""
    folder = folder_with_tables(tmp_path)
    return create_app({"instance_path": folder, "password_method": "pbkdf2:sha256:1", "log_level": "ERROR"})


@pytest.fixture
def command(app: Application) -> Callable[..., Result]:
    """Run a command with this application."""
    return partial(_run, app)
