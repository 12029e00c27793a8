"""Only what templates use is prepared for them."""

from __future__ import annotations

from quart import Quart

_IDLE = {
    # Quart's blueprints inherit Flask's own processor. It finds no Flask here, and gives nothing.
    "flask.templating",
    # Quart-WTForms gives the function "crsf_token" (sic), which nobody calls.
    "quart_wtf.csrf",
}


def drop_idle_context_processors(app: Quart) -> None:
    """Remove the synchronous context processors that libraries add in vain: each costs a thread for every page.

    To be called when all blueprints and extensions are there.
    """
    for name, processors in app.template_context_processors.items():
        app.template_context_processors[name] = [
            processor for processor in processors if processor.__module__ not in _IDLE
        ]
