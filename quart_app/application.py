"""The application object: its settings, and what it changes of Quart."""

from __future__ import annotations

from .framework.early_checks import EarlyChecks
from .framework.http_connection import HttpConnection
from .framework.templating import PromptEnvironment
from .settings import Settings, current_settings


class Application(EarlyChecks):
    """A Quart application with the settings that it was made from.

    Its parts, such as the database, are not attributes: each has an accessor in its owner's folder (``extension``).
    """

    asgi_http_class = HttpConnection
    jinja_environment = PromptEnvironment  # type: ignore[assignment] # Flask's base class says: Flask's own

    @property
    def settings(self) -> Settings:
        """The settings that it was made from."""
        return current_settings.of(self)
