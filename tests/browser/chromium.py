"""A real Chromium, with the profile of a user or without one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, async_playwright, expect

HOW_TO_GET_IT = "Chromium is missing: apt-get install chromium"
TIMEOUT = 30_000  # milliseconds for a page or for what is expected of it; long, because the machine may be busy
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
async def browse(program: str, profile: Path) -> AsyncIterator[BrowserContext]:
    """Open the browser with a profile; closing it at the end deletes session cookies."""
    expect.set_options(timeout=TIMEOUT)
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile, executable_path=program, headless=True, args=list(_ARGUMENTS)
        )
        context.set_default_timeout(TIMEOUT)
        try:
            yield context
        finally:
            await context.close()


@asynccontextmanager
async def open_browser(program: str, *arguments: str) -> AsyncIterator[Browser]:
    """Open the browser without a profile, with more *arguments*: each context is another user's."""
    expect.set_options(timeout=TIMEOUT)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, headless=True, args=[*_ARGUMENTS, *arguments]
        )
        try:
            yield browser
        finally:
            await browser.close()
