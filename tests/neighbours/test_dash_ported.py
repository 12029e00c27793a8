"""A Dash application with Flask-Login, ported by the assistant and used in Chromium, as it was on Flask.

It has pages, sync, async, websocket and background callbacks, a login form of its own, and a guard of requests.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from compat.port.command import LEFT, main
from compat.port.porter import port
from tests.docs.pages import DOCS, ROOT, blocks
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

APPLICATION = ROOT / "tests" / "port" / "applications" / "dashboard"
#: The lines of docs/dash.md that close a websocket whose login has ended, and what they and login.js need.
SAME_LOGIN = """
@server.get("/login-id")
async def login_id():
    return current_user.get_id()


@hooks.websocket_message()
async def has_the_same_login(websocket, message):
    user = await load_user_from_scope(server, websocket.scope)
    if user.is_authenticated:
        return True
    return 4002, "The login has ended."


login_guard(server)
"""
#: What the assistant leaves in app.py where the guard of requests is, up to the next function.
GUARD = ("# PORT: before_request: require_login", '@server.route("/login"')
#: What is done by hand: the file, the text, and what it becomes. The report, or docs/dash.md, names each.
BY_HAND = [
    ("requirements.txt", "dash[async,diskcache]==4.4.1", "dash[quart,async,diskcache]>=4.4"),
    ("requirements.txt", "Flask>=3", "quart"),
    ("requirements.txt", "Flask-Login==0.6.3", "quart-flask-login"),
    ("requirements.txt", "gunicorn>=23", "hypercorn"),
    ("Procfile", "gunicorn --bind 0.0.0.0:8000 app:server", "hypercorn --bind 0.0.0.0:8000 app:server"),
    ("app.py", "from compat import ", "from compat import load_user_from_scope, login_guard, "),
    ("app.py", "from dash import Dash, ", "from dash import Dash, hooks, "),
    ("app.py", "app.layout = layout\n", f"app.layout = layout\n\n{SAME_LOGIN}"),
    ("pages/home.py", "\ndef in_a_thread(", "\nasync def in_a_thread("),
    ("pages/home.py", "    time.sleep(0.1)", "    await asyncio.to_thread(time.sleep, 0.1)"),
]  # fmt: skip

#: Whether the application's websocket takes a stranger.
_HANDSHAKE = """
import asyncio
from app import server
from quart.testing.connections import WebsocketResponseError

async def shake_hands():
    async with server.test_client().websocket("/_dash-ws-callback", headers={"Origin": "http://localhost"}) as socket:
        await socket.send("{}")
        await asyncio.sleep(0.5)

try:
    asyncio.run(shake_hands())
    print("open")
except WebsocketResponseError as refused:
    print(refused.response.status_code)
"""


@pytest.fixture(scope="module")
def python(pytestconfig: pytest.Config) -> Path:
    """The Python of an environment that has Dash."""
    return make_python(pytestconfig)


@pytest.fixture(scope="module")
def ported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application as the assistant leaves it."""
    folder = shutil.copytree(APPLICATION, tmp_path_factory.mktemp("ported") / "dashboard")
    assert main([str(folder), "--write", "--quiet"]) == LEFT
    return folder


@pytest.fixture(scope="module")
def finished(ported: Path) -> Path:
    """The ported application, after exactly the changes by hand that are listed here."""
    folder = shutil.copytree(ported, ported.parent / "finished")
    app = (folder / "app.py").read_text()
    begin, end = (app.index(text) for text in GUARD)
    (folder / "app.py").write_text(app[:begin] + app[end:])
    for file, before, after in BY_HAND:
        text = (folder / file).read_text()
        assert text.count(before) == 1, before
        (folder / file).write_text(text.replace(before, after))
    (folder / "assets").mkdir()
    (folder / "assets" / "login.js").write_text(blocks(DOCS / "dash.md", "javascript")[0].code)
    return folder


@pytest.fixture(scope="module")
def address(python: Path, finished: Path) -> Iterator[str]:
    """The URL of the finished application, on Hypercorn."""
    with served(python, finished) as address:
        yield address


async def use(page: Page, name: str) -> None:
    """Click on a button for each kind of callback, on both pages."""
    for kind in ("sync", "async", "socket"):
        await answered(page, kind, f"{name} 1")
    await page.get_by_role("link", name="Reports").click()
    await expect(page.locator("h1")).to_have_text(f"Reports of {name}")
    await page.click("#background")
    await expect(page.locator("#progress")).to_have_text("running")
    await expect(page.locator("#from-background")).to_have_text(f"{name} 1")


def test_the_report_names_what_is_left(finished: Path, ported: Path) -> None:
    """All lines to do by hand are done by the listed changes, and are all that the report asks for."""
    left = [(each.path, each.what) for each in port(ported).findings if each.level == "todo"]

    assert sorted(left) == [
        ("Procfile", "web: gunicorn --bind 0.0.0.0:8000 app:server"),
        ("app.py", "before_request: require_login"),
        *(("requirements.txt", name) for name in ("Flask", "Flask-Login", "dash", "gunicorn")),
    ]
    assert [each for each in port(finished).findings if each.level == "todo"] == []
    assert [each.what for each in port(finished).findings if "Dash" in each.what] == [
        "Dash( __name__, server=server, use_pages=True, suppress_c..."
    ]


def shake_hands(python: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Ask the application for its websocket, as somebody without cookies."""
    command = (str(python), "-c", _HANDSHAKE)
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=240, check=False
    )


def test_the_guard_of_requests_is_no_guard_of_the_websocket(python: Path, ported: Path, finished: Path) -> None:
    """The ported application does not start before the guard is replaced: with it alone the websocket would be open."""
    assert "NotImplementedError" in shake_hands(python, ported).stderr

    started = shutil.copytree(ported, ported.parent / "started", dirs_exist_ok=True)
    lines = (started / "app.py").read_text().splitlines(keepends=True)
    (started / "app.py").write_text("".join(line for line in lines if not line.startswith("raise Not")))
    assert shake_hands(python, started).stdout == "open\n"
    assert shake_hands(python, finished).stdout == "401\n"


@in_browser
async def test_it_works_on_flask(browser: Browser, python: Path, tmp_path: Path) -> None:
    """Before the port each kind of callback has the user; one over a websocket goes over HTTP there."""
    folder = shutil.copytree(APPLICATION, tmp_path / "flask")
    server = ("flask", "--app", "app:server", "run", "--port", "{port}")
    with served(python, folder, *server) as address:
        async with browsing(browser, address) as context:
            sockets: list[str] = []
            page = await open_home(context, "susan", "cat")
            page.on("websocket", lambda socket: sockets.append(socket.url))
            await use(page, "susan")

    assert sockets == []


@in_browser
async def test_each_kind_of_callback_has_the_user(browser: Browser, address: str) -> None:
    """After the port a wrong password is refused, and after the right one each kind of callback has the user."""
    async with browsing(browser, address) as context:
        callbacks: list[str] = []  # over HTTP
        context.on("weberror", lambda error: pytest.fail(str(error.error)))
        page = await context.new_page()
        await page.goto("/reports")
        assert "/login" in page.url
        await page.fill("[name=name]", "susan")
        await page.fill("[name=password]", "wrong")
        await page.get_by_role("button", name="Log in").click()
        await expect(page.locator(".message")).to_have_text(["Wrong name or password."])

        await log_in(page, "susan", "cat")
        page.on("request", lambda request: callbacks.append(request.post_data or ""))
        await use(page, "susan")

    assert not any("from-socket" in each for each in callbacks)


@pytest.mark.parametrize(("path", "kind"), [("/", "sync"), ("/", "async"), ("/reports", "background")])
@in_browser
async def test_a_callback_after_a_logout_in_another_tab(browser: Browser, address: str, path: str, kind: str) -> None:
    """It is refused, and leads to the login page and back to the page of the tab."""
    async with browsing(browser, address) as context:
        left = await open_home(context, "susan", "cat")
        await left.goto(path)
        await left.wait_for_selector(f"#{kind}")
        other = await context.new_page()
        await other.goto("/")
        await other.get_by_role("button", name="Log out").click()
        await other.wait_for_url("**/login")

        await left.click(f"#{kind}")
        await left.wait_for_url("**/login?next=*")


@in_browser
async def test_a_websocket_callback_after_a_logout_is_refused(browser: Browser, address: str) -> None:
    """The message on the old connection is not answered, and the next connection is refused without a login."""
    async with browsing(browser, address) as context:
        page = await open_home(context, "susan", "cat")
        await answered(page, "socket", "susan 1")
        await page.evaluate("fetch('/logout', {method: 'POST'})")
        await context.clear_cookies()

        await page.click("#socket")
        await page.wait_for_timeout(1_000)  # an answer would be there by then
        assert await page.inner_text("#from-socket") == "susan 1"


@in_browser
async def test_after_a_change_of_user(browser: Browser, address: str) -> None:
    """In a tab that was left open, callbacks of each kind run as the user who has logged in since."""
    async with browsing(browser, address) as context:
        left = await open_home(context, "susan", "cat")
        await answered(left, "socket", "susan 1")
        other = await context.new_page()
        await other.goto("/")
        await other.get_by_role("button", name="Log out").click()
        await other.wait_for_url("**/login")
        await log_in(other, "bob", "dog")

        await left.click("#socket")  # closes the connection that was susan's
        await answered(left, "async", "bob 1")
        assert await left.inner_text("#from-socket") == "susan 1"
        await answered(left, "socket", "bob 3")
