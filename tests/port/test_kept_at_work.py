"""An application with Flask-SQLAlchemy and Flask-Migrate: on Flask, ported, on Quart, its commands included."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from compat.port.command import DONE, main

SHOP = Path(__file__).parent / "applications" / "shop"
#: A command of the application's own, for Flask.
_DEPLOY = """\
from flask_migrate import upgrade

from . import create_app

app = create_app()


@app.cli.command()
def deploy():
    upgrade()
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the application, to be changed."""
    return shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))


def run(folder: Path, *command: str) -> tuple[int, str]:
    """Run a module of our own interpreter in that folder; its exit code, and what it printed."""
    alone = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""}
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-m", *command],
        cwd=folder,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def quart(folder: Path, *words: str) -> str:
    """Run a command of the application, which has to succeed."""
    code, printed = run(folder, "quart", "--app", "shop", *words)
    assert code == 0, printed
    return printed


def columns(folder: Path) -> set[str]:
    """The columns of the table, as they are in the database."""
    with sqlite3.connect(folder / "instance" / "shop.db") as connection:
        return {name for _, name, *_ in connection.execute("PRAGMA table_info(customer)")}


def test_shop_runs_on_flask_and_ported_on_quart(shop: Path) -> None:
    """Its tests pass before and after the port, without a change by hand; nothing is left to do."""
    code, printed = run(shop, "pytest", "-q", "-p", "no:cacheprovider")
    assert code == 0, printed

    assert main([str(shop), "--write", "--quiet"]) == DONE

    code, printed = run(shop, "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin")
    assert code == 0, printed


def test_commands_of_flask_migrate_run_under_quart(shop: Path) -> None:
    """``quart db`` makes a folder and a revision, goes up and down, and fails where it should.

    ``flask_migrate.upgrade()`` in a command of the application's own finds Quart, too.
    """
    (shop / "shop" / "deploy.py").write_text(_DEPLOY)
    assert main([str(shop), "--write", "--quiet"]) == DONE

    quart(shop, "db", "init")
    quart(shop, "db", "migrate", "--message", "customers")
    quart(shop, "db", "upgrade")
    assert columns(shop) == {"id", "name"}
    assert "No new upgrade operations" in quart(shop, "db", "-x", "of=a caller", "check")
    quart(shop, "db", "downgrade")
    assert columns(shop) == set()

    code, printed = run(shop, "quart", "--app", "shop", "db", "upgrade", "nowhere")
    assert (code, "Can't locate revision identified by 'nowhere'" in printed) == (1, True)

    main([str(shop), "--write", "--quiet"])
    assert "from quart import current_app" in (shop / "migrations" / "env.py").read_text()
    code, printed = run(shop, "quart", "--app", "shop.deploy", "deploy")
    assert code == 0, printed
    assert columns(shop) == {"id", "name"}
