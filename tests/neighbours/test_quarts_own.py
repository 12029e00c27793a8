"""What docs/extensions.md says of Quart's own extensions and of neutral ones, run with them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
from quart import Quart, g
from quart.testing import QuartClient

from compat import LoginManager, current_user, load_user, login_guard, login_required
from tests.neighbours.conftest import User, susan

ON_QUART_023 = version("quart").startswith("0.23")


@dataclass
class Article:
    title: str


# --- quart-schema


@pytest.mark.parametrize("outside", [True, False])
async def test_login_required_outside_of_the_check_of_the_body(app: Quart, outside: bool) -> None:
    """Outside, a stranger with a wrong body is sent to log in; inside, the answer is 400."""
    from quart_schema import QuartSchema, validate_request

    QuartSchema(app)

    async def create(data: Article) -> str:
        return data.title

    check = validate_request(Article)
    view = login_required(check(create)) if outside else check(login_required(create))
    app.post("/articles")(view)

    wrong = await QuartClient(app).post("/articles", json={"name": "News"})
    right = await susan(app).post("/articles", json={"title": "News"})

    assert wrong.status_code == (302 if outside else 400)
    assert await right.get_data(as_text=True) == "News"


async def test_a_guard_closes_the_description(app: Quart) -> None:
    """With ``login_guard`` strangers see neither the description nor the documentation of the API."""
    from quart_schema import QuartSchema

    QuartSchema(app)
    login_guard(app)

    statuses = {
        path: [(await client.get(path)).status_code for client in (QuartClient(app), susan(app))]
        for path in ("/openapi.json", "/docs")
    }

    assert statuses == {"/openapi.json": [302, 200], "/docs": [302, 200]}


# --- quart-rate-limiter


async def test_a_key_function_loads_the_user_itself(app: Quart) -> None:
    """With ``load_for_hooks`` off, the key function of a limit awaits ``load_user`` where nobody is loaded."""
    from quart_rate_limiter import RateLimit, RateLimiter

    seen = []

    async def key() -> str:
        seen.append((await load_user()).get_id())
        return str(seen[-1])

    app.login_manager.load_for_hooks = False  # type: ignore[attr-defined]  # the manager of the fixture
    RateLimiter(app, key_function=key, default_limits=[RateLimit(9, timedelta(seconds=9))])

    async with app.test_app():
        await susan(app).get("/static/nothing.css")

    assert set(seen) == {"susan"}


# --- quart-cors


ORIGIN = "https://www.example.com"
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}


async def test_cors_for_an_application(app: Quart) -> None:
    """A preflight needs no login, a refusal has the headers of CORS, and other origins get none."""
    from quart_cors import cors

    cors(app, allow_origin=[ORIGIN], allow_credentials=True)

    @app.post("/")
    @login_required
    async def view() -> str:
        return "In."

    client = QuartClient(app)
    preflight = await client.options("/", headers=PREFLIGHT)
    refused = await client.post("/", headers={"Origin": ORIGIN})
    elsewhere = await susan(app).post("/", headers={"Origin": "https://evil.example"})

    assert (preflight.status_code, refused.status_code) == (200, 302)
    for response in (preflight, refused):
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert elsewhere.status_code == 200, "CORS is not a protection against CSRF"
    assert "Access-Control-Allow-Origin" not in elsewhere.headers


async def test_route_cors_fails_on_quart_023(app: Quart) -> None:
    """The preflight of ``route_cors`` is 500 on Quart 0.23, and 200 before."""
    from quart_cors import route_cors

    @app.post("/")
    @route_cors(allow_origin=[ORIGIN])
    async def view() -> str:
        return "In."

    preflight = await QuartClient(app).options("/", headers=PREFLIGHT)

    assert preflight.status_code == (500 if ON_QUART_023 else 200)


# --- quart-wtforms


async def test_csrf_is_checked_before_the_login(app: Quart) -> None:
    """A stranger's POST without a token is 400, not the login page."""
    from quart_wtf import CSRFProtect

    CSRFProtect(app)

    @app.post("/")
    @login_required
    async def view() -> str:
        return "In."

    assert (await QuartClient(app).post("/")).status_code == 400


# --- quart-compress


@pytest.mark.parametrize("first", ["compat", "quart-compress"])
async def test_a_compressed_page_varies_by_both(first: str) -> None:
    """A page that is compressed still varies by cookie, whichever extension was made first."""
    from quart_compress import Compress

    app = Quart("compressed")
    app.secret_key = "only for this test"
    if first == "quart-compress":
        Compress(app)
    LoginManager[User](app).user_loader(lambda _: User())
    if first == "compat":
        Compress(app)

    @app.get("/")
    @login_required
    async def view() -> str:
        return "In. " * 500

    response = await susan(app).get("/", headers={"Accept-Encoding": "gzip"})

    assert response.headers["Content-Encoding"] == "gzip"
    assert set(response.vary) == {"Accept-Encoding", "Cookie"}


# --- quart-db


@pytest.mark.parametrize("opens", [True, False])
async def test_the_loader_opens_a_connection_of_quart_db(app: Quart, tmp_path: Path, opens: bool) -> None:
    """The user loader cannot use ``g.connection``, which is made after it has run, and opens a connection itself."""
    from quart_db import QuartDB

    db = QuartDB(app, url=f"sqlite:///{tmp_path}/users.db")

    async def load(user_id: str) -> User:
        if opens:
            async with db.connection() as connection:
                await connection.fetch_val("SELECT 1")
        else:
            await g.connection.fetch_val("SELECT 1")
        return User()

    app.login_manager.user_loader(load)  # type: ignore[attr-defined]  # the manager of the fixture

    @app.get("/")
    @login_required
    async def view() -> str:
        return str(await g.connection.fetch_val("SELECT 42"))

    async with app.test_app():
        response = await susan(app).get("/")

    assert response.status_code == (200 if opens else 500)


# --- quart-uploads


async def test_uploaded_files_are_open_without_a_guard(app: Quart, tmp_path: Path) -> None:
    """The view of quart-uploads sends files to strangers, until a guard closes its path."""
    from quart_uploads import UploadSet, configure_uploads

    (tmp_path / "contract.pdf").write_text("secret")
    app.config["UPLOADED_PAPERS_DEST"] = str(tmp_path)
    configure_uploads(app, UploadSet("papers", ("pdf",)))
    path = "/_uploads/papers/contract.pdf"

    before = (await QuartClient(app).get(path)).status_code
    login_guard(app, under="/_uploads/")
    after = [(await client.get(path)).status_code for client in (QuartClient(app), susan(app))]

    assert (before, after) == (200, [302, 200])


# --- Authlib


def test_quart_authlib_blocks() -> None:
    """The client of quart-authlib is one of requests, which blocks the event loop."""
    from quart_authlib.apps import QuartOAuth2App
    from requests import Session

    assert issubclass(QuartOAuth2App.client_cls, Session)


# --- tasks


async def test_tasks_have_no_user(app: Quart) -> None:
    """In a task of quart-tasks ``current_user`` is None, and ``load_user`` says that there is no request."""
    from quart_tasks import QuartTasks

    tasks, seen = QuartTasks(app), []

    @tasks.periodic(timedelta(hours=1))
    async def report() -> None:
        seen.append(bool(current_user))
        with pytest.raises(RuntimeError, match="context"):
            await load_user()
        seen.append(True)

    await tasks.test_run("report")

    assert seen == [False, True]


@pytest.mark.parametrize("whilst_serving", [True, False])
async def test_each_worker_runs_the_tasks(app: Quart, whilst_serving: bool) -> None:
    """An application that serves runs its tasks, unless the setting of the page is off."""
    from quart_tasks import QuartTasks

    ran = asyncio.Event()
    app.config["QUART_TASKS_WHILST_SERVING"] = whilst_serving
    tasks = QuartTasks(app)

    @tasks.periodic(timedelta(milliseconds=1))
    async def report() -> None:
        ran.set()

    async with app.test_app():
        try:
            await asyncio.wait_for(ran.wait(), 60 if whilst_serving else 0.3)
        except TimeoutError:
            assert not whilst_serving
        else:
            assert whilst_serving
    assert ran.is_set() is whilst_serving
