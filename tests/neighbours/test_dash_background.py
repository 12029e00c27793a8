"""The background callbacks of docs/dash.md, in processes of diskcache's and of Celery's, in Chromium."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.docs.pages import DOCS, blocks
from tests.neighbours.dash_served import browsing, in_browser, make_python, open_home, served, started
from tests.serving.server import wait_until

APP, *_OTHERS = (block.code for block in blocks(DOCS / "dash.md", "python"))
(BACKGROUND,) = (code for code in _OTHERS if "load_user_of_callback()" in code)
(CELERY,) = (code for code in _OTHERS if "celery_app" in code)
#: The line of the page that makes the manager.
(MANAGER,) = (line for line in BACKGROUND.splitlines() if line.startswith("background = "))
#: Writes to a file what a callback sees of the user, at each of its parts.
_LOOK = '    print(part, getattr(current_user, "name", current_user), user.is_authenticated, file=open("seen", "a"))\n'


@pytest.fixture(scope="module", params=["diskcache", "celery"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a reader, with the files of the page, and callbacks that say what they see."""
    folder = tmp_path_factory.mktemp(request.param)
    manager = MANAGER if request.param == "diskcache" else CELERY
    line = "        user = await load_user_of_callback()\n"
    assert BACKGROUND.count(line) == 1
    code = APP + BACKGROUND.replace(MANAGER, manager).replace(line, f"{line}    {_LOOK}")
    (folder / "app.py").write_text(code)
    (folder / "assets").mkdir()
    (folder / "assets" / "login.js").write_text(blocks(DOCS / "dash.md", "javascript")[0].code)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path, pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of the application; a worker of Celery runs beside it, if its manager is Celery's."""
    python = make_python(pytestconfig)
    with ExitStack() as stack:
        variables = {}
        if folder.name.startswith("celery"):
            variables["REDIS_URL"] = f"{request.getfixturevalue('redis_server')}/0"
            worker = ("celery", "--app", "app:celery_app", "worker", "--concurrency", "2")
            stack.enter_context(started(folder, "worker", str(python), "-m", *worker, **variables))
        yield stack.enter_context(served(python, folder, variables=variables))


@pytest_asyncio.fixture(loop_scope="session")
async def contexts(browser: Browser, address: str, folder: Path) -> AsyncIterator[list[BrowserContext]]:
    """Two users of the browser, and nothing seen yet."""
    (folder / "seen").unlink(missing_ok=True)
    async with browsing(browser, address) as one, browsing(browser, address) as other:
        yield [one, other]


async def open_reports(context: BrowserContext, name: str, password: str) -> Page:
    """A tab of a user with the page that has the callback."""
    page = await open_home(context, name, password)
    await page.goto("/reports")
    await page.wait_for_selector("#start")
    return page


@in_browser
async def test_two_users_get_results_of_their_own(contexts: list[BrowserContext]) -> None:
    """A user who starts the callback as another did, who has left by now, gets no result of the other's."""
    susan, bob = [
        await open_reports(context, *user)
        for context, user in zip(contexts, [("susan", "cat"), ("bob", "dog")], strict=True)
    ]

    await bob.click("#start")
    await expect(bob.locator("#progress")).to_have_text(re.compile("for bob"))
    await susan.click("#start")
    await bob.goto("about:blank")

    await expect(susan.locator("#report")).to_have_text("susan's report")


@in_browser
async def test_a_logout_while_it_runs(contexts: list[BrowserContext], folder: Path) -> None:
    """The page leads to the login page, and the callback sees that its login has ended, although its user stays."""
    page = await open_reports(contexts[0], "susan", "cat")
    await page.click("#start")
    await expect(page.locator("#progress")).to_have_text(re.compile("for susan"))

    await contexts[0].request.post("/logout")

    await page.wait_for_url("**/login?next=*")
    seen = folder / "seen"
    await asyncio.to_thread(wait_until, lambda: seen.read_text().endswith("False\n"))
    user = "None" if folder.name.startswith("celery") else "susan"
    parts = [line.split() for line in seen.read_text().splitlines()]
    assert parts == [[str(part), user, str(part < len(parts) - 1)] for part in range(len(parts))]
