"""Removes context processors that no template uses.

Two libraries register synchronous ones, and Quart runs each of those in a thread, for every page.

Written for Flask 3.1, whose blueprints Quart's inherit from, and for Quart-WTForms 1.0.3. It saves one round trip
to a thread for each of them. If these packages rename their modules, nothing is removed: ``tests/app/test_cost.py``
fails, and pages are slower and otherwise the same. If they stop registering the processors, remove this module.
"""

from __future__ import annotations

from quart import Quart

_IDLE = {
    # Quart's blueprints inherit Flask's own processor. It finds no Flask here, and gives nothing.
    "flask.templating",
    # Quart-WTForms adds the function "crsf_token" (sic), which no template calls.
    "quart_wtf.csrf",
}


def drop_idle_context_processors(app: Quart) -> None:
    """Remove the synchronous context processors that libraries add and no template uses.

    Call it when all blueprints and extensions are registered.
    """
    for name, processors in app.template_context_processors.items():
        app.template_context_processors[name] = [
            processor for processor in processors if processor.__module__ not in _IDLE
        ]
