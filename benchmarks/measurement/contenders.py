"""An application on a server: what takes turns with others."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.serving.commands import Server, granian, gunicorn, gunicorn_asgi, hypercorn, uvicorn

QUART_APP = "benchmarks.applications.quart:application"
QUART_IN_MEMORY = "benchmarks.applications.quart:application_in_memory"
FLASK_APP = "benchmarks.applications.flask:application"
QUART_AUTH_PEER = "benchmarks.applications.quart:quart_auth_peer"
COMPAT_PEER = "benchmarks.applications.quart:compat_peer"


@dataclass(frozen=True)
class Contender:
    """An application on a server.

    Attributes:
        name: what it is called in reports.
        factory: what makes the application.
        workers: how many processes serve it.
        is_optional: whether it is left out without a word of complaint where the server is not installed.
    """

    name: str
    server: Server
    factory: str
    workers: int = 1
    is_optional: bool = False


QUART = Contender("Quart, Hypercorn", hypercorn("asyncio"), QUART_APP)
QUART_UVLOOP = Contender("Quart, Hypercorn uvloop", hypercorn("uvloop"), QUART_APP)
FLASK_16 = Contender("Flask, gunicorn 16 threads", gunicorn(16), FLASK_APP)
FLASK_64 = Contender("Flask, gunicorn 64 threads", gunicorn(64), FLASK_APP)

SERVERS = (
    QUART,
    QUART_UVLOOP,
    Contender("Flask, gunicorn sync", gunicorn(1), FLASK_APP),
    Contender("Flask, gunicorn 4 threads", gunicorn(4), FLASK_APP),
    FLASK_16,
    FLASK_64,
    Contender("Flask, Hypercorn WSGI", hypercorn("asyncio", wsgi=True), FLASK_APP),
    Contender("Quart, uvicorn", uvicorn(), QUART_APP, is_optional=True),
    Contender("Quart, granian", granian(), QUART_APP, is_optional=True),
    Contender("Quart, gunicorn asgi", gunicorn_asgi(), QUART_APP, is_optional=True),
)
