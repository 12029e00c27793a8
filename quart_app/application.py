"""The application object, and the one that is running now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, cast

from quart import Quart, current_app

from .framework.http_connection import HttpConnection
from .framework.templating import PromptEnvironment

if TYPE_CHECKING:
    from .accounts.passwords import PasswordHasher
    from .accounts.throttle import Throttle
    from .database import Database
    from .live.hub import Hub
    from .operation.metrics import Metrics
    from .sessions.sightings import Sightings
    from .settings import Settings


class Application(Quart):
    """A Quart application that knows its own parts by name and type."""

    asgi_http_class = HttpConnection
    jinja_environment = PromptEnvironment

    settings: Settings
    database: Database
    metrics: Metrics
    passwords: PasswordHasher
    live: Hub
    throttle: Throttle
    sightings: Sightings

    def make_shell_context(self) -> NoReturn:
        """Be the shell that Quart's ``shell`` command is about to start, with these names in it: one with ``await``.

        The command is Quart's own, is found before those of the application, and asks nothing but this.
        """
        from .cli.shell import run_shell  # which is no part of what serves

        raise SystemExit(run_shell(self))


this_app = cast("Application", current_app)
"""``quart.current_app`` by its real type."""
