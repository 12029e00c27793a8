"""Templates that are rendered at once.

Quart compiles templates so that they can wait: every function that they call may be a coroutine function. Ours ask for
nothing that is not there already, and so they need not: without it a page is rendered in about half of the time.

Written for Quart 0.22 and 0.23 and Jinja 3.1: Quart chooses async templates in the constructor of its environment and
awaits ``render_async``. If that changes, every page fails in the tests; without ``Application.jinja_environment``
templates are rendered as Quart does it.
"""

from __future__ import annotations

from typing import Any

import jinja2
from quart import Quart
from quart.templating import Environment


class _Template(jinja2.Template):
    """A template for Quart's ``render_template``, which waits for it."""

    async def render_async(self, *args: Any, **context: Any) -> str:
        return self.render(*args, **context)


class PromptEnvironment(Environment):
    """Quart's environment, in which a template that calls a coroutine function shows the coroutine."""

    template_class = _Template

    def __init__(self, app: Quart, **options: Any) -> None:
        super().__init__(app, **options)
        self.is_async = False
