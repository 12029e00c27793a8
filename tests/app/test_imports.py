"""What processes import: each module costs every start of a server time, and every process memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.serving.server import ROOT

_PRINT = "import sys, {}; print(*sys.modules)"


def imported_with(module: str) -> set[str]:
    """All modules that a new process has imported after this one."""
    code = _PRINT.format(module)
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.served
def test_the_supervisor_needs_no_framework() -> None:
    """The supervisor, which only watches its workers, imports no framework, and leaves the settings to them."""
    assert not imported_with("quart_app.serve.__main__") & {"quart", "sqlalchemy", "jinja2", "pydantic", "click"}


@pytest.mark.served
def test_an_application_imports_what_every_start_needs() -> None:
    """What only some databases, commands or requests need is not imported with the application."""
    unneeded = {
        "aiosmtplib",
        "alembic",
        "asyncpg",
        "redis",
        "IPython",
        "email_validator",
        "regex",
        "sqlalchemy.dialects.postgresql",
    }
    assert not imported_with("quart_app.factory") & unneeded
