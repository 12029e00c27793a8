"""``quart --app quart_app db``."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from quart_app.cli.database import group
from quart_app.factory import create_app

ROOT = Path(__file__).resolve().parents[2]


def db(url: str, folder: Path, *arguments: str) -> Result:
    """Run a command of ``db``."""
    app = create_app({"instance_path": folder, "database_url": url})
    result: Result = app.test_cli_runner().invoke(args=["db", *arguments])
    return result


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_from_nothing_and_back(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Each command reports what it did; ``check`` fails if the tables are not up to date."""
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}" if kind == "sqlite" else request.getfixturevalue("postgresql_url")

    before = db(url, tmp_path, "check")
    assert before.exit_code == 1
    assert ("unable to open database file" if kind == "sqlite" else "is at revision none, and") in before.output
    upgraded = db(url, tmp_path, "upgrade")
    assert upgraded.exit_code == 0
    assert upgraded.output.startswith("Applied 0001: Users and login sessions.\nApplied 0002: ")
    assert db(url, tmp_path, "upgrade").output.startswith("Nothing to do: ")
    after = db(url, tmp_path, "check")
    assert (after.exit_code, after.output[-33:]) == (0, "and the tables match the models.\n")
    assert db(url, tmp_path, "downgrade", "base").output.endswith("Took back 0001: Users and login sessions.\n")
    assert db(url, tmp_path, "downgrade", "base").output.startswith("Nothing to do: ")


def test_the_way_out_of_other_tables(tmp_path: Path) -> None:
    """Where the tables differ from the models, ``check`` fails and names a command with all its arguments."""
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}"
    db(url, tmp_path, "upgrade")
    with closing(sqlite3.connect(tmp_path / "one.sqlite3")) as database:
        database.execute("CREATE TABLE posts (id INTEGER PRIMARY KEY)")

    result = db(url, tmp_path, "check")

    assert (result.exit_code, result.output.startswith("Different: ")) == (1, True)
    _, _, command = result.output.rstrip("\n").partition("quart --app quart_app db ")
    name, *arguments = shlex.split(command)
    group.commands[name].make_context(name, arguments)  # UsageError if one is missing


@pytest.mark.parametrize(
    ("url", "arguments", "said"),
    [
        ("postgresql://susan:crEt@127.0.0.1:1/name", ["upgrade"], "The database does not answer."),
        ("sqlite:///one.sqlite3", ["downgrade", "9999"], "Can't locate revision identified by '9999'"),
        ("sqlite:///one.sqlite3", ["revision", "Add posts"], "Target database is not up to date"),
    ],
)
def test_errors_are_one_line(url: str, arguments: list[str], said: str, tmp_path: Path) -> None:
    """An error is one line without a password."""
    result = db(url.replace(":///", f":///{tmp_path}/"), tmp_path, *arguments)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert said in result.output
    assert "crEt" not in result.output


@pytest.mark.tools
def test_as_it_is_typed(tmp_path: Path) -> None:
    """The command, run as a process, reads its settings from the environment."""
    environment = {**os.environ, "INSTANCE_PATH": str(tmp_path)}
    command = [sys.executable, "-m", "quart", "--app", "quart_app", "db", "upgrade"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Applied 0001: ")
    assert (tmp_path / "microblog.sqlite3").exists()
