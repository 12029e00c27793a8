"""The database: one engine for the application, one session for each request, as Flask applications have it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session, scoped_session, sessionmaker

_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}

# Those of quart_app.
_SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)

#: The session of the thread, and so of the request.
db: scoped_session[Session] = scoped_session(sessionmaker(expire_on_commit=False))


def init_app(app: Flask, url: str, *, connections: int) -> None:
    """Connect the application to the database of quart_app, which makes its tables.

    Arguments:
        app: the application.
        url: quart_app's; the driver is exchanged for a synchronous one.
        connections: how many are kept open: one for each thread, so that none waits for one.
    """
    synchronous = synchronous_url(url)
    is_remote = not synchronous.drivername.startswith("sqlite")
    engine = create_engine(synchronous, pool_size=connections, max_overflow=0, pool_pre_ping=is_remote)
    if not is_remote:
        event.listen(engine, "connect", _prepare_sqlite)
    db.configure(bind=engine)

    @app.teardown_appcontext
    def remove_session(_error: BaseException | None) -> None:
        db.remove()


def synchronous_url(url: str) -> URL:
    """The same database, by a synchronous driver."""
    parsed = make_url(url)
    return parsed.set(drivername=_DRIVERS[parsed.get_backend_name()])


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()
