"""What a worker does before it serves, as the first requests would otherwise have to wait for it, and all others."""

from __future__ import annotations

import gc

from quart_app.api.openapi import described_api
from quart_app.application import Application

_THRESHOLDS = (10_000, 10, 10)
"""New objects until the young are looked through; how often until older ones are, too (Python 3.11: 700, 10, 10)."""


def warm_up(app: Application) -> None:
    """Do now what would stop the loop at the first requests.

    Compiling twelve templates took 40 ms, and describing the API 50.
    """
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    described_api(app)
    spare_the_collector()


def spare_the_collector() -> None:
    """Look for garbage less often, and not among what is there now, as it stays for good.

    What requests in flight hold is no garbage, and is what the collector goes through again and again: with a thousand
    of them that was up to a third of all CPU time. Nearly all garbage here goes without it, by reference counts.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
