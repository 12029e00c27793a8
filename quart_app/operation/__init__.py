"""Operation: logs, events, health checks and metrics, for the people who run the application.

==================  =============================================================
``logs``            one line for each event, and never a secret in it
``guarded_logger``  a logger whose handlers cannot fail the code that logs
``access_log``      gives every request its id, its log line and its metrics
``events``          logins, failed logins and changes of accounts, as log lines and counts
``metrics``         the counters, gauges and histograms
``workers``         adding up the counts of several processes
``health``          whether the database answers
``endpoints``       ``/healthz``, ``/readyz`` and ``/metrics``
==================  =============================================================
"""

from __future__ import annotations

from quart_app.application import Application

from . import events
from .access_log import AccessLog, init_routes
from .endpoints import PATHS, Endpoints
from .guarded_logger import GuardedLogger
from .logs import configure_logging_once
from .metrics import Metrics, current_metrics


def init_app(app: Application) -> None:
    """Give the application its logger and its metrics.

    Call it before the application gets any other hook: this one has to see the requests that others refuse, and has to
    run first when serving starts. Not before that is the process changed: its logging, unless that is configured, and
    where it keeps its counts, if it is one of several workers.
    """
    settings = app.settings
    app.logger = GuardedLogger(app.name)
    metrics = current_metrics.add(app, Metrics())
    events.init_app(app)
    init_routes(app)

    @app.before_serving
    async def prepare_process() -> None:
        configure_logging_once(json=settings.log_json, level=settings.log_level)
        metrics.share_with_workers(settings.metrics_folder)


def observe(app: Application) -> None:
    """Answer probes in front of this application, and write a log line and metrics for each request."""
    inner = app.asgi_app
    access_log = AccessLog(inner, current_metrics.of(app), probes=Endpoints(app, inner), quiet=PATHS)
    app.asgi_app = access_log  # type: ignore[method-assign] # Quart's own advice
