"""A real Chromium, with the profile of a user or without one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright, expect

HOW_TO_GET_IT = "Chromium is missing: apt-get install chromium"
TIMEOUT = 60_000  # milliseconds for a page or for what is expected of it; long, because the machine may be busy
#: For :func:`open_browser`: has the browser look up names of tests on this machine.
NAMES_HERE = "--host-resolver-rules=MAP *.test 127.0.0.1, MAP example.com 127.0.0.1"
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # the tests may run as root, in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of the program, under one of its usual names."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@asynccontextmanager
async def start_playwright() -> AsyncIterator[Playwright]:
    """Start Playwright, a program of its own, which opens browsers and drives them."""
    expect.set_options(timeout=TIMEOUT)
    async with async_playwright() as playwright:
        yield playwright


@asynccontextmanager
async def browse(playwright: Playwright, program: str, profile: Path) -> AsyncIterator[BrowserContext]:
    """Open the browser with a profile; closing it at the end deletes session cookies."""
    context = await playwright.chromium.launch_persistent_context(
        profile, executable_path=program, headless=True, args=list(_ARGUMENTS)
    )
    context.set_default_timeout(TIMEOUT)
    try:
        yield context
    finally:
        await context.close()


@asynccontextmanager
async def open_browser(playwright: Playwright, program: str, *arguments: str) -> AsyncIterator[Browser]:
    """Open the browser without a profile, with more *arguments*: each context is another user's."""
    browser = await playwright.chromium.launch(executable_path=program, headless=True, args=[*_ARGUMENTS, *arguments])
    browser.on("context", lambda context: context.set_default_timeout(TIMEOUT))
    try:
        yield browser
    finally:
        await browser.close()
