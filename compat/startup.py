"""Whether the server has started the application: run its ``before_serving`` functions, on the right event loop.

A server does so by the events of ASGI's lifespan protocol, which it may leave out, as daphne does. Then the application
serves without what those functions make, such as its tables, and each view fails in its own way.
"""

from __future__ import annotations

from quart import Quart, current_app

from .config import fresh_seconds, remember_duration
from .current import find_auth
from .errors import UnsupportedEventLoop
from .protection import check_mode, written_form
from .runtime import is_supported
from .tokens import accepts, issued_format


async def before_serving() -> None:
    """Note the start; refuse it where each request would otherwise be answered with 500.

    Raises:
        ConfigurationError, DurationError: a setting has a value that would fail at the first login.
        UnsupportedEventLoop: the server runs the application on another event loop.
    """
    if not is_supported(current_app):
        raise UnsupportedEventLoop
    auth, config = find_auth(current_app), current_app.config
    check_mode(config.get("SESSION_PROTECTION", auth.settings.session_protection))
    written_form(config)
    accepts(config, issued_format(config))
    remember_duration(config)
    fresh_seconds(config)
    auth.is_start_known = True


def warn_unless_started(app: Quart) -> None:
    """Log once, at the first request, what has not run because the server has not started the application."""
    find_auth(app).is_start_known = True
    missed = [one for one in (*app.before_serving_funcs, *app.while_serving_gens) if one is not before_serving]
    if missed:
        app.logger.warning(
            "The server has not started this application, so these functions did not run: %s. Use a server that sends "
            "ASGI's lifespan events, or await app.startup() before the first request; in a test, use app.test_app().",
            ", ".join(getattr(one, "__name__", repr(one)) for one in missed),
        )
