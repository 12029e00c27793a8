"""The synchronous side."""

from __future__ import annotations

from flask import Flask

from benchmarks.applications.database_delay import delay_statements
from benchmarks.flask_twin import create_app


def application() -> Flask:
    """The twin."""
    delay_statements()
    return create_app()
