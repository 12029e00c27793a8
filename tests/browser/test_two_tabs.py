"""Tabs of one browser, two of which load a page over a slow network while another one logs in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.late_network import LateNetwork, late_network
from tests.browser.steps import PASSWORD, log_in, register

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORDS = [PASSWORD, "another fine password", "a third fine password"]


@asynccontextmanager
async def loading(tabs: list[Page], network: LateNetwork, address: str) -> AsyncIterator[None]:
    """Load a page for users in both tabs, from before the block until after it.

    Both requests have the cookies from before the block. The server gets the first after it, and has answered the
    second before it; the browser gets both answers after it.
    """
    kinds = ("late-request", "late-response")
    tasks = [asyncio.create_task(tab.goto(f"{address}/index?{kind}")) for tab, kind in zip(tabs, kinds, strict=True)]
    await network.until_held(len(tasks))
    yield
    network.release()
    await asyncio.gather(*tasks)


async def test_other_tabs_undo_nothing(browser: Browser, address: str) -> None:
    """Whoever logs in, and changes the password twice, stays in, although other tabs load meanwhile."""
    async with late_network(address) as (network, address):
        context = await browser.new_context()
        page, *tabs = [await context.new_page() for _ in range(3)]
        await register(page, address)
        async with loading(tabs, network, address):
            await log_in(page)
        await _expect_all_to_be_in([page, *tabs], address)

        for old, new in pairwise(PASSWORDS):
            await page.goto(f"{address}/account/password")
            await page.get_by_label("Current Password").fill(old)
            await page.get_by_label("New Password", exact=True).fill(new)
            await page.get_by_label("Repeat New Password").fill(new)
            async with loading(tabs, network, address):
                await page.get_by_role("button", name="Change Password").click()
                await expect(page).to_have_title("Account - Microblog")
            await _expect_all_to_be_in([page, *tabs], address)

        await page.get_by_role("button", name="Logout").click()
        await expect(page).to_have_title("Sign In - Microblog")
        await tabs[0].goto(f"{address}/index")
        await expect(tabs[0]).to_have_title("Sign In - Microblog")


async def _expect_all_to_be_in(pages: list[Page], address: str) -> None:
    for page in pages:
        await page.goto(f"{address}/index")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hi, susan!")
