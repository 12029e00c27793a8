"""The porting assistant runs where only compat is installed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, runpy, sys
sys.argv = ["compat.port", "--help"]
try:
    {import_it}
except SystemExit as ended:
    assert not ended.code, ended.code
print(json.dumps(sorted(sys.modules)))
"""


#: Not Hypercorn, which is what serves the application: Quart itself imports it.
UNNEEDED = {"quart_app", "sqlalchemy", "alembic", "aiosqlite", "sqlite3", "asyncpg", "redis"}


@pytest.mark.parametrize(
    "import_it",
    ["import compat.port.command", "runpy.run_module('compat.port', run_name='__main__')"],
    ids=["import", "run"],
)
def test_it_needs_neither_application_nor_database(import_it: str) -> None:
    """Importing the assistant, or running its command, loads neither quart_app nor a package for databases."""
    program = PROGRAM.format(import_it=import_it)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own command
    modules = json.loads(done.stdout.splitlines()[-1])
    assert "compat.port" in modules
    assert not {name.partition(".")[0] for name in modules} & UNNEEDED
