"""What those who run the application see of it: logs, events, health and metrics.

=================  ==============================================================
``logs``           one line for each thing that happens, and never a secret in it
``request_id``     what a request is called in all its lines
``observer``       around every request: its id, its line, its figures
``events``         who logged in, failed to, or changed an account
``metrics``        what is counted
``workers``        adding up the counts of several processes
``health``         whether the database answers
``endpoints``      ``/healthz``, ``/readyz`` and ``/metrics``
=================  ==============================================================
"""

from __future__ import annotations

from quart_app.application import Application

from . import events
from .endpoints import PATHS, Endpoints
from .logs import configure_logging
from .metrics import Metrics, current_metrics
from .observer import Observer, init_routes


def init_app(app: Application) -> None:
    """Configure logging, and make what counts.

    To be called before the application gets any hook: ours has to see what the others refuse.
    """
    settings = app.settings
    configure_logging(json=settings.log_json, level=settings.log_level)
    current_metrics.add(app, Metrics.for_this_process(settings.metrics_folder))
    events.init_app(app)
    init_routes(app)


def observe(app: Application) -> None:
    """Answer probes in front of this application, and leave a line and figures for each request."""
    endpoints = Endpoints(app, app.asgi_app)
    app.asgi_app = Observer(endpoints, current_metrics.of(app), quiet=PATHS)  # type: ignore[method-assign] # Quart's own advice
