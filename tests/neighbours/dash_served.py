"""Applications of Dash, served in an environment of their own, and browsers that use them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from benchmarks.services.ports import free_port
from tests.docs.pages import ROOT
from tests.services.environments import make_environment
from tests.serving.server import EXIT_TIMEOUT, Server

#: For tests that use the fixture ``browser``.
in_browser = pytest.mark.asyncio(loop_scope="session")
#: In seconds. Dash takes long to import, and with it Celery, while other tests keep the machine busy.
_START_TIMEOUT = 240.0


def make_python(config: pytest.Config) -> Path:
    """The Python of an environment that has Dash."""
    requirements = Path(__file__).with_name("dash.txt")
    return make_environment(config.cache.mkdir("neighbours"), requirements) / "python"


def environment(folder: Path) -> dict[str, str]:
    """The variables with which a program finds compat and the files of *folder*."""
    return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}


@contextmanager
def started(folder: Path, name: str, *command: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program in *folder*, whose output goes to *name*.log there."""
    with (folder / f"{name}.log").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=folder,
            env={**environment(folder), **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(EXIT_TIMEOUT)


@contextmanager
def served(python: Path, folder: Path, *server: str, variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """The URL of an application that a server serves: Hypercorn, unless *server* is the command of another."""
    port = free_port()
    command = server or ("hypercorn", "--bind", "127.0.0.1:{port}", "app:server")
    words = [word.format(port=port) for word in command]
    with started(folder, "server", str(python), "-m", *words, **(variables or {})) as process:
        running = Server(process, port, folder / "server.log")
        deadline = time.monotonic() + _START_TIMEOUT
        while not running.is_listening():
            assert process.poll() is None, running.log.read_text()
            assert time.monotonic() < deadline, running.log.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def browsing(browser: Browser, address: str) -> AsyncIterator[BrowserContext]:
    """A user of *browser* for *address*, with cookies of its own."""
    context = await browser.new_context(base_url=address)
    try:
        yield context
    finally:
        await context.close()  # before the server stops


async def log_in(page: Page, name: str, password: str) -> None:
    """Fill in the form of the login page."""
    await page.fill("[name=name]", name)
    await page.fill("[name=password]", password)
    await page.get_by_role("button", name="Log in").click()
    await page.wait_for_selector("h1")


async def open_home(context: BrowserContext, name: str, password: str) -> Page:
    """A tab with the first page, for a user who has just logged in."""
    page = await context.new_page()
    await page.goto("/login")
    await log_in(page, name, password)
    await expect(page.locator("h1")).to_have_text(f"Hello, {name}")
    return page


async def answered(page: Page, kind: str, answer: str) -> None:
    """Click on a button, and expect what its callback answers."""
    await page.click(f"#{kind}")
    await expect(page.locator(f"#from-{kind}")).to_have_text(answer)
