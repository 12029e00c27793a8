"""Two people who watch who is online, each in a browser."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, WebSocketRoute, expect

from tests.browser.chromium import browse

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"


async def enter(page: Page, address: str, name: str) -> None:
    """Register, log in, and open the live page."""
    await page.goto(f"{address}/register")
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Email").fill(f"{name}@example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Repeat Password").fill(PASSWORD)
    await page.get_by_role("button", name="Register").click()
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign In").click()
    await page.get_by_role("link", name="Online").click()
    await expect(page.get_by_role("status")).to_have_text("Up to date.")


def people(page: Page) -> Locator:
    """The list of who is online."""
    return page.get_by_role("main").get_by_role("listitem")


async def test_come_and_go(chromium: str, address: str, tmp_path: Path) -> None:
    """Each sees the other come and go; logging out in one tab sends the other one to the login page."""
    async with browse(chromium, tmp_path / "hers") as her_browser, browse(chromium, tmp_path / "his") as his_browser:
        hers, his = her_browser.pages[0], his_browser.pages[0]
        complaints: list[str] = []
        hers.on("console", lambda message: complaints.append(message.text))
        await enter(hers, address, "susan")
        await expect(people(hers)).to_have_text(["susan You"])
        await enter(his, address, "henry")
        await expect(people(hers)).to_have_text(["henry", "susan You"])
        await expect(people(his)).to_have_text(["henry You", "susan"])

        second = await his_browser.new_page()
        await second.goto(f"{address}/live")
        await his.goto(f"{address}/account")
        await expect(people(second)).to_have_text(["henry You", "susan"])
        await expect(people(hers)).to_have_text(["henry", "susan You"])
        assert complaints == []

        await his.get_by_role("button", name="Logout").click()
        await expect(second).to_have_title("Sign In - Microblog")
        await expect(people(hers)).to_have_text(["susan You"])

        await second.get_by_label("Username").fill("henry")
        await second.get_by_label("Password").fill(PASSWORD)
        await second.get_by_role("button", name="Sign In").click()
        await expect(second).to_have_title("Online - Microblog")
        await expect(people(hers)).to_have_text(["henry", "susan You"])


async def test_connects_again(chromium: str, address: str, tmp_path: Path) -> None:
    """A page that loses its connection connects again by itself; who is not logged in any more is sent to log in."""
    async with browse(chromium, tmp_path / "profile") as browser:
        page = browser.pages[0]
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

        await browser.clear_cookies()
        await second.close(code=1013)
        await expect(page).to_have_title("Sign In - Microblog")
        assert page.url == f"{address}/login?next=/live"


async def test_without_script(chromium: str, address: str, tmp_path: Path) -> None:
    """Without JavaScript the page shows who is online as of now."""
    async with browse(chromium, tmp_path / "hers") as browser:
        page = browser.pages[0]
        await enter(page, address, "susan")
        plain = await browser.new_page()
        await plain.route("**/live.js", lambda route: route.abort())
        await plain.goto(f"{address}/live")
        await expect(people(plain)).to_have_text(["susan You"])
        await expect(plain.get_by_role("status")).to_contain_text("As of the moment when this page was made.")
        await page.goto(f"{address}/account")
        await plain.get_by_role("link", name="Reload").click()
        await expect(people(plain)).to_have_count(0)
