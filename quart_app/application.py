"""The application class: its settings, and the parts of Quart that it replaces."""

from __future__ import annotations

from .framework.early_checks import EarlyChecks
from .framework.http_connection import HttpConnection
from .framework.templating import PromptEnvironment
from .settings import Settings, current_settings


class Application(EarlyChecks):
    """A Quart application with its settings.

    Its parts, such as the database, are not attributes: each has an accessor (see ``extension``).
    """

    asgi_http_class = HttpConnection
    jinja_environment = PromptEnvironment  # type: ignore[assignment] # typed in Flask's base class as Flask's own

    @property
    def settings(self) -> Settings:
        """The settings that the application was created with."""
        return current_settings.of(self)
