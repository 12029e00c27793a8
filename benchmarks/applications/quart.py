"""The asynchronous side, and its peers."""

from __future__ import annotations

from quart import Quart

from benchmarks import login_cost
from benchmarks.applications.database_delay import delay_statements
from quart_app.accounts.login import login_manager
from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.framework.idle_connections import watch_idle_connections_late
from quart_app.models.user import User
from quart_app.serve.warm_up import warm_up
from quart_app.sessions.lookup import find_user


def application() -> Application:
    """quart_app, as its workers make it, with remember cookies that the twin can read."""
    delay_statements()
    watch_idle_connections_late()
    app = create_app()
    app.config["REMEMBER_COOKIE_ISSUE"] = "flask-login"
    warm_up(app)
    return app


def application_in_memory() -> Application:
    """quart_app, asking the database once for each login: what is left is the cost of everything else."""
    known: dict[str, User | None] = {}

    @login_manager.user_loader
    async def load_once(handle: str) -> User | None:
        if handle not in known:
            known[handle] = await find_user(handle)
        return known[handle]

    return application()


def quart_auth_peer() -> Quart:
    """Quart-Auth alone, without database and template: the least that a login costs."""
    return login_cost.quart_auth_app()


def compat_peer() -> Quart:
    """The same with compat."""
    return login_cost.compat_app()
