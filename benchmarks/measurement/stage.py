"""Databases with users in them, near or far, and the cookies of these users."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine, update
from werkzeug.security import generate_password_hash

from benchmarks.applications.database_delay import DELAY_MS
from benchmarks.environment import CHEAP_HASH, application_environment
from benchmarks.load.accounts import PASSWORD, add_accounts
from benchmarks.load.cookies import database_url, write_cookies
from benchmarks.load.forms import write_login_forms
from quart_app import clock
from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.models.login_session import LoginSession
from quart_app.settings import Settings

from .cases import Kind, Place
from .postgresql import pgbouncer_url, postgresql_url

_SECRET = "the benchmarks' own key, known to everybody"
_HASH = Settings.model_fields["password_method"].default
_FAR_CONNECTIONS = 128
"""Connections of quart_app to a database that is far away: they cost it little. The twin has one for each thread."""
_LOGINS = 1_000
_LOGINS_AT_MOST = 10_000
"""Users who come; the load generator picks one of them for each request, or has a websocket for each."""
_SEEN_AHEAD = timedelta(days=1)
"""Seconds before a login session's "last seen" is written.

Each login session is, once a minute. In service that is now this one and now that; here it would be all of them in the
same turn, and be taken for what a page costs.
"""


@dataclass(frozen=True)
class Stage:
    """A database with users.

    Attributes:
        folder: where servers may write.
        environment: what an application needs to be told to serve it.
        users: a cookie file, of users with sessions.
        remembered: a cookie file, of users with remember cookies alone.
        login_cookie, login_forms: what logs in by the form, again and again: one visitor, many users.
    """

    folder: Path
    environment: Mapping[str, str]
    users: Path
    remembered: Path
    login_cookie: Path
    login_forms: Path


@contextmanager
def set_stage(place: Place, folder: Path, *, database_core: int | None = None) -> Iterator[Stage]:
    """Fill a database; it is there until the end of the block.

    Arguments:
        place: which database, with which users.
        folder: where servers may write.
        database_core: where PostgreSQL and PgBouncer run; None for all cores.

    Raises:
        NotInstalled: there is no such database here.
    """
    method = _HASH if place.real_hash else CHEAP_HASH
    environment = application_environment(folder, secret_key=_SECRET, password_method=method)
    if place.delay_ms:
        environment |= {"DATABASE_POOL_SIZE": str(_FAR_CONNECTIONS)}
    if place.kind is Kind.SQLITE:
        yield _fill(place, folder, environment, method, {DELAY_MS: str(place.delay_ms)})
        return
    with postgresql_url(place.delay_ms, core=database_core) as url:
        stage = _fill(place, folder, {**environment, "DATABASE_URL": url}, method, {})
        if place.kind is Kind.POSTGRESQL:
            yield stage
            return
        with pgbouncer_url(url, core=database_core) as pooler:
            more = {"DATABASE_URL": pooler, "DATABASE_POOLER": "transaction", "DATABASE_DIRECT_URL": url}
            yield replace(stage, environment={**stage.environment, **more})


def _fill(place: Place, folder: Path, environment: dict[str, str], method: str, delay: dict[str, str]) -> Stage:
    app = _application(environment)
    asyncio.run(_make_tables(app))
    engine = create_engine(database_url(app))
    add_accounts(engine, place.users, generate_password_hash(PASSWORD, method))
    stage = Stage(
        folder,
        {**environment, **delay},
        *(folder / name for name in ("users", "remembered", "login_cookie", "login_forms")),
    )
    write_cookies(app, stage.users, min(_LOGINS_AT_MOST, place.users))
    write_cookies(app, stage.remembered, min(_LOGINS, place.users), remembered=True)
    asyncio.run(write_login_forms(app, stage.login_cookie, stage.login_forms, min(_LOGINS, place.users)))
    with engine.begin() as connection:
        connection.execute(update(LoginSession).values(last_seen_at=clock.now() + _SEEN_AHEAD))
    engine.dispose()
    return stage


def _application(environment: Mapping[str, str]) -> Application:
    fields = {name.lower(): value for name, value in environment.items()}
    return create_app({name: value for name, value in fields.items() if name in Settings.model_fields})


async def _make_tables(app: Application) -> None:
    async with app.test_app():
        pass


def cores() -> tuple[int | None, int | None]:
    """A core for the server and one for the load, the last two that we may use; None where there is only one."""
    mine = sorted(os.sched_getaffinity(0))
    return (mine[-2], mine[-1]) if len(mine) > 1 else (None, None)
