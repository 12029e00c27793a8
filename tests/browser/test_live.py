"""The live page, with two users in two browsers."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect

from tests.browser.steps import log_in, register

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def enter(page: Page, address: str, name: str) -> None:
    """Register, log in, and open the live page."""
    await register(page, address, name)
    await log_in(page, name)
    await page.get_by_role("link", name="Online").click()
    await expect(page.get_by_role("status")).to_have_text("Up to date.")


def people(page: Page) -> Locator:
    """The list of who is online."""
    return page.get_by_role("main").get_by_role("listitem")


@pytest.mark.parametrize("address", ["one_worker", "two_workers"], indirect=True)
async def test_come_and_go(browser: Browser, address: str) -> None:
    """Each user sees the other come and go; a logout in one tab sends the other tab to the login page."""
    hers, his = await browser.new_page(), await (await browser.new_context()).new_page()
    complaints: list[str] = []
    hers.on("console", lambda message: complaints.append(message.text))
    await enter(hers, address, "susan")
    await expect(people(hers)).to_have_text(["susan You"])
    await enter(his, address, "henry")
    await expect(people(hers)).to_have_text(["henry", "susan You"])
    await expect(people(his)).to_have_text(["henry You", "susan"])

    second = await his.context.new_page()
    await second.goto(f"{address}/live")
    await his.goto(f"{address}/account")
    await expect(people(second)).to_have_text(["henry You", "susan"])
    await expect(people(hers)).to_have_text(["henry", "susan You"])
    assert complaints == []

    await his.get_by_role("button", name="Logout").click()
    await expect(second).to_have_title("Sign In - Microblog")
    await expect(people(hers)).to_have_text(["susan You"])

    await expect(his).to_have_title("Sign In - Microblog")
    await second.reload()  # both tabs began a session: the one that came last is the browser's, with its token
    await log_in(second, "henry")
    await expect(second).to_have_title("Online - Microblog")
    await expect(people(hers)).to_have_text(["henry", "susan You"])


async def test_connects_again(browser: Browser, address: str) -> None:
    """After a lost connection the page reconnects; after the end of the login it goes to the login page."""
    page = await (await browser.new_context()).new_page()
    connections: asyncio.Queue[WebSocketRoute] = asyncio.Queue()

    def pass_on(connection: WebSocketRoute) -> None:
        connection.connect_to_server()
        connections.put_nowait(connection)

    await page.route_web_socket("**/live/ws", pass_on)
    await enter(page, address, "susan")
    await (await connections.get()).close(code=1001)
    second = await connections.get()
    await expect(page.get_by_role("status")).to_have_text("Up to date.")
    await expect(people(page)).to_have_text(["susan You"])

    await page.context.clear_cookies()
    await second.close(code=1013)
    await expect(page).to_have_title("Sign In - Microblog")
    assert page.url == f"{address}/login?next=/live"


async def test_without_script(browser: Browser, address: str) -> None:
    """Without JavaScript the page shows who is online at that moment."""
    page = await (await browser.new_context()).new_page()
    await enter(page, address, "susan")
    plain = await page.context.new_page()
    await plain.route("**/live.js", lambda route: route.abort())
    await plain.goto(f"{address}/live")
    await expect(people(plain)).to_have_text(["susan You"])
    await expect(plain.get_by_role("status")).to_contain_text("As of the moment when this page was made.")
    await page.goto(f"{address}/account")
    await plain.get_by_role("link", name="Reload").click()
    await expect(people(plain)).to_have_count(0)
