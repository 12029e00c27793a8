"""Locust's users, against a real server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine
from werkzeug.security import generate_password_hash

from benchmarks.environment import CHEAP_HASH, application_environment
from benchmarks.load.accounts import PASSWORD, add_accounts
from benchmarks.load.cookies import database_url
from benchmarks.serving.commands import ROOT, hypercorn
from benchmarks.serving.process import serve
from quart_app.factory import create_app


def test_people_come_and_go(tmp_path: Path) -> None:
    """They log in by the form, read pages, call the API and open websockets, without an error."""
    settings = {"instance_path": tmp_path, "secret_key": "k" * 16, "password_method": CHEAP_HASH}
    app = create_app(settings)

    async def make_tables() -> None:
        async with app.test_app():
            pass

    asyncio.run(make_tables())
    engine = create_engine(database_url(app))
    add_accounts(engine, 4, generate_password_hash(PASSWORD, CHEAP_HASH))
    engine.dispose()
    environment = application_environment(tmp_path, secret_key="k" * 16)
    factory = "benchmarks.applications.quart:application"
    with serve(hypercorn("asyncio"), factory, tmp_path, environment=environment) as server:
        told = tmp_path / "told"
        command = [sys.executable, "-m", "locust", "--locustfile", "benchmarks/load/locustfile.py", "--headless"]
        command += [
            "--host",
            server.url,
            "--users",
            "4",
            "--spawn-rate",
            "4",
            "--run-time",
            "8s",
            "--stop-timeout",
            "5",
        ]
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, "--json-file", str(told)],
            cwd=ROOT,
            env={**os.environ, "LOAD_ACCOUNTS": "4"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["name"]: row for row in json.loads(told.with_suffix(".json").read_text())}
    assert rows["/login"]["num_requests"] >= 4
    assert {name: row["num_failures"] for name, row in rows.items() if row["num_failures"]} == {}
