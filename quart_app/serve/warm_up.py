"""What a worker does before it serves, as the first requests would otherwise have to wait for it, and all others."""

from __future__ import annotations

import gc

from quart_app.api.openapi import described_api
from quart_app.application import Application


def warm_up(app: Application) -> None:
    """Do now what would stop the loop at the first requests.

    Compiling twelve templates took 40 ms, and describing the API 50. What there is afterwards stays for good: it is
    of no use to look through it at each full garbage collection.
    """
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    described_api(app)
    gc.collect()
    gc.freeze()
