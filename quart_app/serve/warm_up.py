"""Work that a worker does before its first requests, or beside them, so that no request waits for it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from importlib import import_module

from quart_app.accounts.name_rules import check_email, check_username
from quart_app.application import Application

_THRESHOLDS = (10_000, 10, 10)
"""New objects until the young are looked through; how often until older ones are, too (Python 3.11: 700, 10, 10)."""

_PAUSE = 0.02  # seconds; a request takes many turns of the event loop, and meets a step only in some of them


def warm_up(app: Application) -> None:
    """Do all of it now."""
    _import_what_requests_need()
    for _ in _compile_templates(app):
        pass
    spare_the_collector()


async def warm_up_while_serving(app: Application) -> None:
    """Do it in a thread, and in steps of some milliseconds with pauses for requests.

    The 25 templates take 75 ms. A request whose template is not compiled yet compiles it. What fails is logged: it is a
    fault of what some request needs, and the others are served.
    """
    try:
        await asyncio.to_thread(_import_what_requests_need)
        for _ in _compile_templates(app):
            await asyncio.sleep(_PAUSE)
    except Exception:
        app.logger.exception("Could not warm up: requests that need the same will fail")
    finally:
        spare_the_collector()  # it is off since the start


def spare_the_collector() -> None:
    """Run the garbage collector less often, and not over the objects that exist now, which stay for good.

    The objects of requests in progress are not garbage, but the collector traverses them again and again: with a
    thousand requests that took up to a third of all CPU time. Reference counts free nearly all garbage here. What the
    start has left (less than 1% of its objects) stays, too: to find it would take 60 ms.
    """
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()


def _import_what_requests_need() -> None:
    """Import what only some requests need, and compile its regular expressions: 45 ms, of which one takes 25 ms."""
    check_email("susan@example.com")
    check_username("susan")
    for name in ("email.generator", "encodings.idna"):
        import_module(name)


def _compile_templates(app: Application) -> Iterator[None]:
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
        yield
