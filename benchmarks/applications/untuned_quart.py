"""A Quart application with ``compat`` and none of quart_app's tuning: what the documentation of each package shows.

SQLAlchemy's AsyncSession with ORM objects, Quart's own templates and sessions, Quart-WTF's CSRF protection. It has the
templates, tables, addresses and cookies of quart_app, and serves the home page, a login and a logout.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from quart import Quart, Response, current_app, g, redirect, render_template, render_template_string, request, url_for
from quart.typing import ResponseReturnValue
from quart_wtf import CSRFProtect
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from werkzeug.security import check_password_hash

import quart_app
from benchmarks.applications.database_delay import delay_statements
from compat import LoginManager, login_required, login_user, logout_user
from quart_app import clock
from quart_app.clients import describe_client
from quart_app.models.login_session import Kind, LoginSession, hash_handle
from quart_app.models.user import User, username_key
from quart_app.pages.posts import EXAMPLES
from quart_app.sessions.limits import Limits
from quart_app.settings import Settings

_LOGIN_PAGE = """<!doctype html>
<title>Sign In - Microblog</title>
<form method="post">
  <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
  <input name="username">
  <input name="password" type="password">
  <button>Sign In</button>
</form>
"""
_ELSEWHERE = {"live.page": "/live", "account.overview": "/account", "api.documentation": "/api/v1/docs"}

make_session = async_sessionmaker[AsyncSession](expire_on_commit=False)
login_manager = LoginManager[User]()
login_manager.login_view = "accounts.login"


def application() -> Quart:
    """The application, with quart_app's settings for cookies and limits."""
    delay_statements()
    settings = Settings()
    assert settings.secret_key is not None
    assert settings.instance_path is not None
    app = Quart("untuned_quart", root_path=str(Path(quart_app.__file__).parent))
    app.config.from_mapping(settings.quart_config())
    app.secret_key = settings.secret_key.get_secret_value()
    app.extensions["limits"] = Limits.of(settings)
    engine = create_async_engine(f"sqlite+aiosqlite:///{settings.instance_path / 'microblog.sqlite3'}")
    make_session.configure(bind=engine)
    CSRFProtect(app)
    login_manager.init_app(app)
    app.teardown_appcontext(_close_session)
    app.add_url_rule("/index", "pages.index", index)
    app.add_url_rule("/", "pages.index", index)
    app.add_url_rule("/login", "accounts.login", login, methods=["GET", "POST"])
    app.add_url_rule("/logout", "accounts.logout", logout, methods=["POST"])
    for endpoint, address in _ELSEWHERE.items():
        app.add_url_rule(address, endpoint, elsewhere)
    return app


def database() -> AsyncSession:
    """The database session of this request."""
    if "database" not in g:
        g.database = make_session()
    return g.database  # type: ignore[no-any-return]


async def _close_session(_error: BaseException | None) -> None:
    if "database" in g:
        await g.database.close()


@login_manager.user_loader
async def load_user(handle: str) -> User | None:
    """The user of a login session that has not expired."""
    query = (
        select(LoginSession, User)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.handle_hash == hash_handle(handle))
    )
    found = (await database().execute(query)).one_or_none()
    if found is None:
        return None
    row, user = found
    limits: Limits = current_app.extensions["limits"]
    if not user.is_active or row.is_bearer or limits.is_expired(row, clock.now()):
        return None
    row.handle, user.login_session = handle, row
    return user


@login_required
async def index() -> str:
    """Greet the user, and show the example posts."""
    return await render_template("pages/index.html", posts=EXAMPLES)


async def login() -> ResponseReturnValue:
    """Log in with a new login session."""
    if request.method == "GET":
        return await render_template_string(_LOGIN_PAGE)
    form = await request.form
    key = username_key(form.get("username", ""))
    user = (await database().execute(select(User).where(User.username_key == key))).scalar_one_or_none()
    stored = "" if user is None else user.password_hash or ""
    if user is None or not await asyncio.to_thread(check_password_hash, stored, form.get("password", "")):
        return redirect(url_for("accounts.login"))
    client = describe_client(request.headers.get("User-Agent"))
    row = LoginSession(user_id=user.id, kind=Kind.SESSION, client=client, address=request.remote_addr or "")
    database().add(row)
    await database().commit()
    user.login_session = row
    login_user(user)
    return redirect(url_for("pages.index"))


@login_required
async def logout() -> ResponseReturnValue:
    """End the login session."""
    row = login_manager.current_user.login_session
    assert row is not None
    await database().execute(delete(LoginSession).where(LoginSession.id == row.id))
    await database().commit()
    logout_user()
    return redirect(url_for("accounts.login"))


async def elsewhere() -> ResponseReturnValue:
    """A page that only quart_app has: links need its address."""
    return Response("", 404)
