"""Slow work that a worker does before it serves: otherwise the first requests, and all others, would wait for it."""

from __future__ import annotations

import gc

from quart_app.api.openapi import described_api
from quart_app.application import Application

_THRESHOLDS = (10_000, 10, 10)
"""New objects until the young are looked through; how often until older ones are, too (Python 3.11: 700, 10, 10)."""


def warm_up(app: Application) -> None:
    """Compile templates and describe the API now, instead of blocking the event loop in the first requests.

    Twelve templates took 40 ms, and the description 50 ms.
    """
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    described_api(app)
    spare_the_collector()


def spare_the_collector() -> None:
    """Run the garbage collector less often, and not over the objects that exist now, which stay for good.

    The objects of requests in progress are no garbage, but the collector traverses them again and again: with a
    thousand requests that took up to a third of all CPU time. Reference counts free nearly all garbage here.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
