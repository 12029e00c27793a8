"""Two tabs of one browser, one of which loads a page all the time over a slow network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from playwright.async_api import Page, expect

from tests.browser.chromium import open_browser
from tests.browser.slow_network import slow_network
from tests.browser.steps import PASSWORD, log_in, register

pytestmark = pytest.mark.browser

PASSWORDS = [PASSWORD, "another fine password", "a third fine password", "and a fourth, too"]


@asynccontextmanager
async def loading(tab: Page, address: str) -> AsyncIterator[None]:
    """Load a page for users in this tab, again and again, until the end of the block."""
    is_over = False

    async def load() -> None:
        while not is_over:
            await tab.goto(f"{address}/index?slow")

    task = asyncio.create_task(load())
    try:
        yield
        await asyncio.sleep(0.5)  # longer than an answer is under way
    finally:
        is_over = True
        await task


async def test_another_tab_undoes_nothing(chromium: str, address: str) -> None:
    """Whoever logs in, and changes the password three times, stays in, although another tab loads meanwhile."""
    async with slow_network(address) as slow_address, open_browser(chromium) as browser:
        context = await browser.new_context()
        page, tab = await context.new_page(), await context.new_page()
        await register(page, slow_address)
        async with loading(tab, slow_address):
            await log_in(page)
        await page.goto(f"{slow_address}/index")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hi, susan!")

        for old, new in pairwise(PASSWORDS):
            await page.goto(f"{slow_address}/account/password")
            await page.get_by_label("Current Password").fill(old)
            await page.get_by_label("New Password", exact=True).fill(new)
            await page.get_by_label("Repeat New Password").fill(new)
            async with loading(tab, slow_address):
                await asyncio.sleep(0.2)
                await page.get_by_role("button", name="Change Password").click()
                await expect(page).to_have_title("Account - Microblog")
            for each in (tab, page):
                await each.goto(f"{slow_address}/index")
                await expect(each.get_by_role("heading", level=1)).to_have_text("Hi, susan!")

        await page.get_by_role("button", name="Logout").click()
        await tab.goto(f"{slow_address}/index")
        await expect(tab).to_have_title("Sign In - Microblog")
