"""The servers, each with the command that starts it.

None writes an access log, as not all of them can; Hypercorn has the other settings of ``hypercorn.toml``, and
connections are kept for as long as the load lasts, but for Hypercorn's limit of requests for each.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BACKLOG = "2048"  # as many as connect at once, and more
_CONNECTIONS = "16000"  # as many as a load leaves, in all its turns


@dataclass(frozen=True)
class Bind:
    """Where a server listens, how many processes it has, where it may write, and by which Python it runs."""

    port: int
    workers: int
    folder: Path
    python: str = sys.executable

    @property
    def address(self) -> str:
        """As ``host:port``."""
        return f"127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Server:
    """A server, by the name that reports use.

    Attributes:
        name: what it is called.
        needs: the module that has to be installed.
        command: what starts it, for an application given as ``module:function``.
    """

    name: str
    needs: str
    command: Callable[[str, Bind], list[str]]

    @property
    def is_installed(self) -> bool:
        """Whether it can be started here."""
        return find_spec(self.needs) is not None


def hypercorn(worker_class: str, *, wsgi: bool = False) -> Server:
    """Hypercorn on a kind of event loop, with the settings of ``hypercorn.toml``."""

    def command(factory: str, bind: Bind) -> list[str]:
        settings = tomllib.loads((ROOT / "hypercorn.toml").read_text())
        settings |= {"worker_class": worker_class, "workers": bind.workers, "backlog": int(_BACKLOG)}
        for name in ("bind", "accesslog", "access_log_format"):
            settings.pop(name, None)
        file = bind.folder / f"hypercorn-{bind.port}.toml"
        file.write_text("".join(f"{name} = {_as_toml(value)}\n" for name, value in settings.items()))
        application = f"wsgi:{factory}()" if wsgi else f"{factory}()"
        return [bind.python, "-m", "hypercorn", "--config", str(file), "--bind", bind.address, application]

    loop = "WSGI" if wsgi else worker_class
    return Server(f"Hypercorn {loop}", "hypercorn" if worker_class == "asyncio" else worker_class, command)


def supervised() -> Server:
    """Hypercorn's workers under the supervisor of the application, which it starts itself, with ``hypercorn.toml``."""

    def command(_factory: str, bind: Bind) -> list[str]:
        how = ["--config", str(ROOT / "hypercorn.toml"), "--workers", str(bind.workers)]
        return [bind.python, "-m", "quart_app.serve", *how, "--bind", bind.address]

    return Server("quart_app.serve", "hypercorn", command)


def gunicorn(threads: int) -> Server:
    """Gunicorn with so many threads in each process; with one, its sync worker."""

    def command(factory: str, bind: Bind) -> list[str]:
        kind = ["--worker-class", "sync"] if threads == 1 else ["--worker-class", "gthread", "--threads", str(threads)]
        # Each waiting connection counts as one of these, and so do some that went away while they waited.
        return [*_gunicorn(bind), *kind, "--worker-connections", _CONNECTIONS, f"{factory}()"]

    return Server("gunicorn sync" if threads == 1 else f"gunicorn {threads} threads", "gunicorn", command)


def gunicorn_gevent() -> Server:
    """Gunicorn with a greenlet for each request, and the standard library patched to wait by them."""

    def command(factory: str, bind: Bind) -> list[str]:
        kind = ["--worker-class", "gevent", "--worker-connections", _CONNECTIONS]
        return [*_gunicorn(bind), *kind, f"{factory}()"]

    return Server("gunicorn gevent", "gevent", command)


def gunicorn_asgi() -> Server:
    """Gunicorn's own worker for asynchronous applications."""

    def command(factory: str, bind: Bind) -> list[str]:
        return [*_gunicorn(bind), "--worker-class", "asgi", "--worker-connections", _CONNECTIONS, f"{factory}()"]

    return Server("gunicorn asgi", "gunicorn", command)


def uvicorn() -> Server:
    """Uvicorn on uvloop."""

    def command(factory: str, bind: Bind) -> list[str]:
        where = ["--host", "127.0.0.1", "--port", str(bind.port), "--workers", str(bind.workers)]
        how = ["--loop", "uvloop", "--no-access-log", "--log-level", "warning", "--backlog", _BACKLOG]
        return [bind.python, "-m", "uvicorn", *where, *how, "--factory", factory]

    return Server("uvicorn", "uvicorn", command)


def granian() -> Server:
    """Granian, whose protocol parts are not Python."""

    def command(factory: str, bind: Bind) -> list[str]:
        where = ["--host", "127.0.0.1", "--port", str(bind.port), "--workers", str(bind.workers)]
        how = ["--interface", "asgi", "--loop", "uvloop", "--no-access-log", "--backlog", _BACKLOG]
        return [bind.python, "-m", "granian", *where, *how, "--factory", factory]

    return Server("granian", "granian", command)


def _gunicorn(bind: Bind) -> list[str]:
    return [
        *(bind.python, "-m", "gunicorn", "--bind", bind.address, "--workers", str(bind.workers)),
        *("--backlog", _BACKLOG, "--keep-alive", "5", "--log-level", "warning", "--worker-tmp-dir", str(bind.folder)),
    ]


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else f'"{value}"'
