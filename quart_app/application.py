"""The application class: its settings, and the parts of Quart that it replaces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from . import waiting_time
from .extension import Extension
from .framework.early_checks import EarlyChecks
from .framework.http_connection import HttpConnection
from .framework.quick_quart import QuickQuart, QuickRequest
from .framework.templating import PromptEnvironment
from .settings import Settings

current_settings = Extension[Settings]("quart_app.settings")
"""Accessor of the current application's settings. ``settings`` itself imports no Quart."""


class Application(EarlyChecks, QuickQuart):
    """A Quart application with its settings.

    Its parts, such as the database, are not attributes: each has an accessor (see ``extension``).
    """

    asgi_http_class = HttpConnection
    request_class = QuickRequest
    jinja_environment = PromptEnvironment  # type: ignore[assignment] # typed in Flask's base class as Flask's own

    def add_background_task(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run a function beside the request, whose waiting time it neither uses up nor is limited by."""
        waiting_time.call_without_limit(partial(super().add_background_task, func, *args, **kwargs))

    @property
    def settings(self) -> Settings:
        """The settings that the application was created with."""
        return current_settings.of(self)
