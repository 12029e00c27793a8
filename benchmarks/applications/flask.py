"""The synchronous side."""

from __future__ import annotations

from flask import Flask

from benchmarks.applications.database_delay import delay_statements
from benchmarks.flask_twin import create_app
from quart_app.serve.warm_up import spare_the_collector


def application() -> Flask:
    """The twin, with the garbage collector set as quart_app's workers set it."""
    delay_statements()
    app = create_app()
    spare_the_collector()
    return app
