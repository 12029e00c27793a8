"""An application on a server: what takes turns with others."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.serving.commands import (
    Server,
    granian,
    gunicorn,
    gunicorn_asgi,
    gunicorn_gevent,
    hypercorn,
    uvicorn,
)
from benchmarks.serving.peers_environment import HOW_TO_GET

from .peers import DJANGO, DJANGO_ASYNC, FASTAPI_USERS, QUART_SECURITY, Peer
from .visitor import BY_NAME, LoginForm

QUART_APP = "benchmarks.applications.quart:application"
QUART_IN_MEMORY = "benchmarks.applications.quart:application_in_memory"
UNTUNED_QUART_APP = "benchmarks.applications.untuned_quart:application"
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
        is_optional: whether it is left out where it is not installed; the report says how to get it.
        peer: the library that serves the page, if it is not an application on quart_app's tables.
        checked_by: how a visitor logs in, who checks the page before it is timed; None where the comparison did.
    """

    name: str
    server: Server
    factory: str
    workers: int = 1
    is_optional: bool = False
    peer: Peer | None = None
    checked_by: LoginForm | None = None

    @property
    def is_installed(self) -> bool:
        """Whether it can be served here."""
        return self.server.is_installed if self.peer is None else self.peer.is_installed

    @property
    def how_to_get(self) -> str:
        """What installs it."""
        if self.peer is not None:
            return HOW_TO_GET
        return f"pip install --constraint constraints.txt {self.server.needs}"


def _peer(name: str, server: Server, peer: Peer, function: str = "application") -> Contender:
    return Contender(name, server, f"{peer.module}:{function}", is_optional=True, peer=peer, checked_by=peer.form)


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

UNTUNED_QUART = Contender("Quart untuned, Hypercorn", hypercorn("asyncio"), UNTUNED_QUART_APP, checked_by=BY_NAME)

_CHECKED_FLASK_16 = replace(FLASK_16, checked_by=BY_NAME)

#: The same page by what people would pick.
FRAMEWORKS = (
    QUART,
    UNTUNED_QUART,
    _CHECKED_FLASK_16,
    _peer("FastAPI + fastapi-users, uvicorn", uvicorn(), FASTAPI_USERS),
    _peer("Django, gunicorn 16 threads", gunicorn(16), DJANGO, "wsgi"),
    _peer("Django async, uvicorn", uvicorn(), DJANGO_ASYNC, "asgi"),
    _peer("quart-security, Hypercorn", hypercorn("asyncio"), QUART_SECURITY),
)

#: Flask by gunicorn's workers.
FLASK_WORKERS = (
    QUART,
    Contender("Flask, gunicorn sync", gunicorn(1), FLASK_APP),
    _CHECKED_FLASK_16,
    Contender("Flask, gunicorn 128 threads", gunicorn(128), FLASK_APP),
    Contender("Flask, gunicorn 256 threads", gunicorn(256), FLASK_APP),
    Contender("Flask, gunicorn gevent", gunicorn_gevent(), FLASK_APP, is_optional=True),
)
