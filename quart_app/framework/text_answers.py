"""Answers of views that return text, made without asking what else it might be.

For each answer Quart-Schema asks its configuration five times how to convert models, and looks for one in what the view
returned; then Quart looks for a tuple, a generator or a dictionary. Most views return the text of a template.

Written for Quart 0.22 and 0.23 and Quart-Schema 0.24, which replaces the public method ``make_response`` of the
application as this does, for any application. If Quart-Schema leaves text alone, remove this module.
"""

from __future__ import annotations

from typing import Any

from quart import Quart


def answer_text_at_once(app: Quart) -> None:
    """Make the response of a view that returns text at once. Call it after Quart-Schema is registered."""
    make_any_response = app.make_response

    async def make_response(result: Any) -> Any:
        return app.response_class(result) if type(result) is str else await make_any_response(result)

    app.make_response = make_response  # type: ignore[method-assign]  # as Quart-Schema does
