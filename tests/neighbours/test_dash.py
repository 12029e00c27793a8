"""The application of docs/dash.md, served by Hypercorn with the real Dash, in Chromium."""

from __future__ import annotations

import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from tests.docs.pages import DOCS, blocks
from tests.neighbours.dash_served import (
    answered,
    browsing,
    environment,
    in_browser,
    log_in,
    make_python,
    open_home,
    served,
)

PAGE = DOCS / "dash.md"
_MESSAGE = "Please log in to access this page."
_TIMEOUT = 120.0  # seconds
#: A program that a reader's files are in front of: what a visitor is answered.
_ASK = """
import asyncio, json, sys

async def ask(path, method="GET", headers=None):
    response = await server.test_client().open(path, method=method, headers=headers or {})
    return response.status_code

print(json.dumps({name: asyncio.run(ask(**request)) for name, request in json.loads(sys.argv[1]).items()}))
"""


@pytest.fixture(scope="module")
def python(pytestconfig: pytest.Config) -> Path:
    """The Python of an environment that has Dash."""
    return make_python(pytestconfig)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a reader, with the files of the page."""
    tmp_path = tmp_path_factory.mktemp("dash")
    (tmp_path / "app.py").write_text(blocks(PAGE, "python")[0].code)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "login.js").write_text(blocks(PAGE, "javascript")[0].code)
    return tmp_path


@pytest.fixture(scope="module")
def address(python: Path, folder: Path) -> Iterator[str]:
    """The URL of the application."""
    with served(python, folder) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, address: str) -> AsyncIterator[BrowserContext]:
    """A user of the browser."""
    async with browsing(browser, address) as context:
        yield context


@in_browser
async def test_every_callback_has_the_user(context: BrowserContext) -> None:
    """A visitor with one message logs in and returns, and sync, async and websocket callbacks have the user."""
    page = await context.new_page()
    callbacks: list[str] = []  # over HTTP
    context.on("weberror", lambda error: pytest.fail(str(error.error)))
    await page.goto("/about?x=1")
    await expect(page.locator(".message")).to_have_text([_MESSAGE])

    await log_in(page, "susan", "cat")
    await expect(page.locator("h1")).to_have_text("About susan")
    assert page.url.endswith("/about?x=1")
    await page.goto("/")

    await expect(page.locator("h1")).to_have_text("Hello, susan")
    page.on("request", lambda request: callbacks.append(request.post_data or ""))
    for kind in ("sync", "async", "socket"):
        await answered(page, kind, "susan 1")
    assert ["from-sync" in callbacks[0], "from-async" in callbacks[1], len(callbacks)] == [True, True, 2]


@in_browser
async def test_a_refused_callback_leads_to_the_login_page(context: BrowserContext) -> None:
    """A callback after the login has ended leads to the login page without a message, and back to the page."""
    page = await open_home(context, "susan", "cat")
    await page.goto("/?x=1")
    await expect(page.locator("h1")).to_have_text("Hello, susan")
    await context.clear_cookies()

    await page.click("#sync")
    await page.wait_for_url("**/login?next=*")
    await expect(page.locator(".message")).to_have_count(0)

    await log_in(page, "bob", "dog")
    await expect(page.locator("h1")).to_have_text("Hello, bob")
    assert urlsplit(page.url)._replace(scheme="", netloc="").geturl() == "/?x=1"


@in_browser
async def test_the_websocket_does_not_outlive_its_login(context: BrowserContext) -> None:
    """After another user's login in another tab no websocket callback runs as the user before, in either tab."""
    susan = await open_home(context, "susan", "cat")
    await answered(susan, "socket", "susan 1")

    bob = await open_home(context, "bob", "dog")
    await bob.click("#socket")  # closes the connection that was susan's
    await expect(bob.locator("#from-socket")).to_have_text("")
    await answered(bob, "socket", "bob 2")
    await answered(susan, "socket", "bob 2")


@in_browser
async def test_a_tab_that_was_left_open_follows_the_login(context: BrowserContext) -> None:
    """A tab that gets the focus again shows the page of the new user, or the login page after a logout."""
    left = await open_home(context, "susan", "cat")
    # Each tab of a headless Chromium has the focus all the time, so the event has to be sent.
    focus = "window.dispatchEvent(new Event('focus'))"
    other = await open_home(context, "bob", "dog")

    await left.evaluate(focus)
    await expect(left.locator("h1")).to_have_text("Hello, bob")

    await other.get_by_role("button", name="Log out").click()
    await other.wait_for_url("**/login")
    await left.evaluate(focus)
    await left.wait_for_url("**/login?next=*")


def ask(python: Path, folder: Path, code: str, **requests: dict[str, object]) -> dict[str, int]:
    """The statuses of some requests to an application of the reader."""
    program = folder / "ask.py"
    program.write_text(code + _ASK)
    done = subprocess.run(  # noqa: S603 - our own command
        [str(python), str(program), json.dumps(requests)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_dash_below_a_path(python: Path, folder: Path) -> None:
    """Dash below a path is closed there, and neither the rest of the application nor Dash's files are."""
    below = _block('under="/dash/"')
    code = f"""
import dash
from compat import LoginManager, login_guard
from dash import html
from quart import Quart

server = Quart(__name__)
server.secret_key = "k"
login_manager = LoginManager(server)
login_manager.login_view = "/login"
login_manager.user_loader(lambda user_id: None)
{below}
app.layout = html.Div()
server.add_url_rule("/other", "other", lambda: "open")
server.add_url_rule("/login-id", "login_id", lambda: "an id")
"""
    scripts = {"Sec-Fetch-Mode": "cors"}

    assert ask(
        python,
        folder,
        code,
        other={"path": "/other"},
        login_id={"path": "/login-id", "headers": scripts},
        page={"path": "/dash/"},
        layout={"path": "/dash/_dash-layout", "headers": scripts},
        callback={"path": "/dash/_dash-update-component", "method": "POST", "headers": scripts},
        asset={"path": "/dash/assets/login.js"},
        script={"path": "/dash/_dash-component-suites/dash/html/dash_html_components.min.js"},
    ) == {"other": 200, "login_id": 401, "page": 302, "layout": 401, "callback": 401, "asset": 200, "script": 200}


def _block(part: str) -> str:
    """The Python block of the page that has this in it."""
    (code,) = (block.code for block in blocks(PAGE, "python") if part in block.code)
    return code


@in_browser
async def test_dash_behind_a_prefix(browser: Browser, python: Path, folder: Path, tmp_path: Path) -> None:
    """Mounted below a path, with what the page says, each kind of callback works, and a logout is noticed."""
    arguments = _block('"/sub/"').partition("server=server, ")[2].rstrip(")\n")
    code = (folder / "app.py").read_text().replace("server=server, ", f"server=server, {arguments}, ")
    script = (folder / "assets" / "login.js").read_text()
    (tmp_path / "app.py").write_text(code.replace('action="/logout"', 'action="/sub/logout"'))
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "login.js").write_text(script.replace('mount = ""', 'mount = "/sub"'))
    command = ("hypercorn", "--root-path", "/sub", "--bind", "127.0.0.1:{port}", "app:server")

    with served(python, tmp_path, *command) as address:
        async with browsing(browser, address) as context:
            page = await context.new_page()
            await page.goto("/sub/")
            await log_in(page, "susan", "cat")
            await expect(page.locator("h1")).to_have_text("Hello, susan")
            for kind in ("sync", "async", "socket"):
                await answered(page, kind, "susan 1")
            other = await context.new_page()
            await other.goto("/sub/")
            await other.get_by_role("button", name="Log out").click()
            await other.wait_for_url("**/sub/login")
            await page.click("#sync")
            await page.wait_for_url("**/sub/login?next=%2Fsub%2F")


def test_two_dash_applications_on_one_quart(python: Path, tmp_path: Path) -> None:
    """They are the error that the page names."""
    code = """
import dash, quart
server = quart.Quart(__name__)
for prefix in ("/a/", "/b/"):
    dash.Dash(prefix, server=server, url_base_pathname=prefix)
"""
    done = subprocess.run(  # noqa: S603 - our own code
        [str(python), "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )

    assert "overwriting an existing endpoint function: websocket_handler" in done.stderr


@in_browser
async def test_several_dash_applications(browser: Browser, python: Path, folder: Path, tmp_path: Path) -> None:
    """Each below a mount of its own, as on the page, has the login."""
    several = _block("DispatcherMiddleware")
    (tmp_path / "app.py").write_text((folder / "app.py").read_text() + several)

    with served(python, tmp_path, "hypercorn", "--bind", "127.0.0.1:{port}", "app:served") as address:
        async with browsing(browser, address) as context:
            page = await context.new_page()
            await page.goto("/sales/")
            assert page.url.endswith("/login?next=%2Fsales%2F")
            await log_in(page, "susan", "cat")
            await expect(page.locator("h1")).to_have_text("Sales")
            await page.goto("/")
            await expect(page.locator("h1")).to_have_text("Hello, susan")


@pytest.mark.parametrize("with_handler", [True, False])
def test_debugging(python: Path, folder: Path, with_handler: bool) -> None:
    """With Dash's development tools a refusal is a 500, unless the application has an error handler for it."""
    handler = blocks(PAGE, "python")[-1].code if with_handler else ""
    code = f"from app import app, server\napp.enable_dev_tools(debug=True)\n{handler}"

    refused = ask(python, folder, code, layout={"path": "/_dash-layout", "headers": {"Sec-Fetch-Mode": "cors"}})

    assert refused == {"layout": 401 if with_handler else 500}
