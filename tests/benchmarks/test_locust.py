"""Locust's users, against a real server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from werkzeug.security import generate_password_hash

from benchmarks.environment import CHEAP_HASH, application_environment
from benchmarks.load.accounts import PASSWORD, add_accounts
from benchmarks.load.cookies import database_url
from benchmarks.load.retry import retry_unanswered
from benchmarks.serving.commands import ROOT, hypercorn
from benchmarks.serving.process import serve
from quart_app.factory import create_app

PEOPLE = 4
EVERYTHING = {"/ (arriving)", "/login", "/", "/account", "/api/v1/me", "/live", "/live/ws"}


def test_people_come_and_go(tmp_path: Path) -> None:
    """They log in by the form, read pages, call the API and open websockets, without an error."""
    settings = {"instance_path": tmp_path, "secret_key": "k" * 16, "password_method": CHEAP_HASH}
    app = create_app(settings)

    async def make_tables() -> None:
        async with app.test_app():
            pass

    asyncio.run(make_tables())
    engine = create_engine(database_url(app))
    add_accounts(engine, PEOPLE, generate_password_hash(PASSWORD, CHEAP_HASH))
    engine.dispose()
    environment = application_environment(tmp_path, secret_key="k" * 16)
    factory = "benchmarks.applications.quart:application"
    with serve(hypercorn("asyncio"), factory, tmp_path, environment=environment) as server:
        rows = retry_unanswered(
            lambda seconds: load(server.url, seconds, tmp_path),
            2.0,
            is_unanswered=lambda rows: not has_seen_everything(rows) and not failures(rows),
        )
    assert failures(rows) == {}
    assert has_seen_everything(rows), rows.keys()


def load(url: str, seconds: float, folder: Path) -> dict[str, dict[str, Any]]:
    """What four people did at a server, by the name of a request; longer where the machine is slow."""
    told = folder / "told"
    command = [sys.executable, "-m", "locust", "--locustfile", "tests/benchmarks/hurried_people.py", "--headless"]
    command += ["--host", url, "--users", str(PEOPLE), "--spawn-rate", str(PEOPLE), "--run-time", f"{seconds:.0f}s"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--stop-timeout", "30", "--json-file", str(told)],
        cwd=ROOT,
        env={**os.environ, "LOAD_ACCOUNTS": str(PEOPLE), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=seconds + 120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {row["name"]: row for row in json.loads(told.with_suffix(".json").read_text())}


def has_seen_everything(rows: dict[str, dict[str, Any]]) -> bool:
    """Whether all have logged in, and each kind of request was sent."""
    return rows.keys() >= EVERYTHING and rows["/login"]["num_requests"] >= PEOPLE


def failures(rows: dict[str, dict[str, Any]]) -> dict[str, int]:
    """How many requests failed, by their name."""
    return {name: row["num_failures"] for name, row in rows.items() if row["num_failures"]}
