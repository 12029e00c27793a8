"""The application object, and the one that is running now."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from quart import Quart, current_app

if TYPE_CHECKING:
    from .accounts.passwords import PasswordHasher
    from .accounts.throttle import Throttle
    from .database import Database
    from .live.hub import Hub
    from .settings import Settings


class Application(Quart):
    """A Quart application that knows its own parts by name and type."""

    settings: Settings
    database: Database
    passwords: PasswordHasher
    live: Hub
    throttle: Throttle


this_app = cast("Application", current_app)
"""``quart.current_app`` by its real type."""
