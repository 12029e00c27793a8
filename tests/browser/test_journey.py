"""The way of a new user through the application."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Playwright, Request, expect

from tests.browser.chromium import browse
from tests.browser.steps import PASSWORD, log_in, register

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NEW_PASSWORD = "another fine password"


async def test_only_a_remembered_login_outlives_the_browser(
    playwright: Playwright, chromium: str, address: str, tmp_path: Path
) -> None:
    """A remembered user is logged in after the browser restarts, until logging out; another one is not."""
    profile = tmp_path / "profile"
    async with browse(playwright, chromium, profile) as context:
        page = context.pages[0]
        await register(page, address)
        await log_in(page, remember=True)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hi, susan!")

    async with browse(playwright, chromium, profile) as context:
        assert await _cookies(context) == {"device", "remember_token"}
        page = context.pages[0]
        await page.goto(f"{address}/")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hi, susan!")

        await page.get_by_role("button", name="Logout").click()
        await expect(page).to_have_title("Sign In - Microblog")
        await expect(page.get_by_text("Please log in to access this page.")).to_be_visible()
        assert "remember_token" not in await _cookies(context)

        await log_in(page)

    async with browse(playwright, chromium, profile) as context:
        assert await _cookies(context) == {"device"}
        page = context.pages[0]
        await page.goto(f"{address}/")
        await expect(page).to_have_title("Sign In - Microblog")


async def _cookies(context: BrowserContext) -> set[str]:
    """The names of the cookies that the browser has."""
    return {cookie["name"] for cookie in await context.cookies()}


@pytest.mark.parametrize("address", ["two_workers"], indirect=True)
async def test_a_changed_password_ends_the_other_browser(browser: Browser, address: str) -> None:
    """A restored login confirms, changes the password, and thereby ends the login of the other browser."""
    page, there = await browser.new_page(), await browser.new_page()
    await register(page, address)
    await log_in(page, remember=True)
    await page.context.clear_cookies(name="session")  # as closing the browser does

    await there.goto(f"{address}/login")
    await log_in(there, remember=True)

    await page.goto(f"{address}/")
    await page.get_by_role("link", name="Account").click()
    await expect(page.get_by_role("listitem").filter(has_text="Last seen")).to_have_count(2)
    await page.get_by_role("link", name="Change password", exact=True).click()

    await expect(page).to_have_title("Confirm It Is You - Microblog")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()

    await expect(page).to_have_title("Change Password - Microblog")
    await page.get_by_label("Current Password").fill(PASSWORD)
    await page.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
    await page.get_by_label("Repeat New Password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Change Password").click()
    await expect(page.get_by_role("status")).to_contain_text("Your password has been changed.")
    await expect(page.get_by_text("You are logged in nowhere else.")).to_be_visible()

    await there.goto(f"{address}/account")
    await expect(there).to_have_title("Sign In - Microblog")

    await page.context.clear_cookies(name="session")
    await page.goto(f"{address}/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hi, susan!")
    await page.get_by_role("button", name="Logout").click()
    await expect(page).to_have_title("Sign In - Microblog")
    assert "remember_token" not in await _cookies(page.context)


async def test_logging_out_elsewhere(browser: Browser, address: str) -> None:
    """Both buttons of the account page end logins of other browsers, and a message says so."""
    page, there = await browser.new_page(), await browser.new_page()
    await register(page, address)
    await log_in(page)
    for button, message in (
        ("Log out Chrome", "That login has been ended."),
        ("Log out everywhere else", "All other logins have been ended."),
    ):
        await there.goto(f"{address}/login")
        await log_in(there, remember=True)
        await page.goto(f"{address}/account")
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("status")).to_contain_text(message)
        await expect(page.get_by_text("You are logged in nowhere else.")).to_be_visible()
        await there.goto(f"{address}/")
        await expect(there).to_have_title("Sign In - Microblog")


async def test_a_program(browser: Browser, playwright: Playwright, address: str) -> None:
    """A login by the API is listed on the account page, and its token can be ended there."""
    page = await browser.new_page()
    await register(page, address)
    await log_in(page)

    program = await playwright.request.new_context(base_url=f"{address}/api/v1/", user_agent="curl/8.14.1")
    account = {"username": "susan", "password": PASSWORD, "kind": "bearer"}
    token = (await (await program.post("sessions", data=account)).json())["token"]
    me = {"Authorization": f"Bearer {token}"}
    assert (await program.get("me", headers=me)).status == 200

    await page.goto(f"{address}/account")
    await expect(page.get_by_role("listitem").filter(has_text="API token")).to_contain_text("curl")
    await page.get_by_role("button", name="Log out curl").click()
    await expect(page.get_by_role("status")).to_contain_text("That login has been ended.")
    assert (await program.get("me", headers=me)).status == 401
    await program.dispose()


async def test_without_javascript(browser: Browser, address: str) -> None:
    """Every page works without JavaScript; only the live list does not update itself."""
    page = await (await browser.new_context(java_script_enabled=False)).new_page()
    there = await (await browser.new_context(java_script_enabled=False)).new_page()
    await register(page, address)
    await log_in(page, remember=True)
    await there.goto(f"{address}/login")
    await log_in(there)

    await page.get_by_role("link", name="Online").click()
    await expect(page.get_by_role("status")).to_contain_text("As of the moment when this page was made.")
    await page.get_by_role("link", name="Reload").click()
    await expect(page).to_have_title("Online - Microblog")

    await page.get_by_role("link", name="Account").click()
    await page.get_by_role("button", name="Log out Chrome").click()
    await expect(page.get_by_role("status")).to_contain_text("That login has been ended.")
    await there.reload()
    await expect(there).to_have_title("Sign In - Microblog")

    await page.context.clear_cookies(name="session")
    await page.get_by_role("link", name="Change password", exact=True).click()
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Confirm").click()
    await page.get_by_label("Current Password").fill(PASSWORD)
    await page.get_by_label("New Password", exact=True).fill("too short")
    await page.get_by_role("button", name="Change Password").click()
    await expect(page.get_by_label("New Password", exact=True)).to_have_accessible_description(
        re.compile("Use at least 15 characters.$")
    )
    await page.get_by_label("Current Password").fill(PASSWORD)
    await page.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
    await page.get_by_label("Repeat New Password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Change Password").click()
    await expect(page.get_by_role("status")).to_contain_text("Your password has been changed.")

    await page.get_by_role("button", name="Logout").click()
    await expect(page).to_have_title("Sign In - Microblog")
    await page.goto(f"{address}/account")
    await expect(page).to_have_title("Sign In - Microblog")


async def test_by_keyboard(browser: Browser, address: str) -> None:
    """The first Tab stop skips the navigation, Enter submits forms, and errors are announced."""
    page = await browser.new_page()
    await page.goto(f"{address}/login")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()

    await page.get_by_label("Username").focus()
    await page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("2 fields need your attention")
    username = page.get_by_label("Username")
    await expect(username).to_have_attribute("aria-invalid", "true")
    await expect(username).to_have_accessible_description("Or your email address. This field is required.")

    await alert.get_by_role("link", name="Password").press("Enter")
    await expect(page.get_by_label("Password")).to_be_focused()


async def test_nothing_is_blocked_or_missing(browser: Browser, address: str) -> None:
    """The content security policy blocks nothing of the pages, which load nothing from other hosts."""
    page = await browser.new_page()
    complaints: list[str] = []

    def complain(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # an icon that a page was left without
            complaints.append(f"{request.url}: {request.failure}")

    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", complain)
    page.on(
        "request",
        lambda request: None if request.url.startswith(address) else complaints.append(request.url),
    )
    await register(page, address)
    await log_in(page, remember=True)
    for path in ("logout", "account", "account/password", "account/email", "account/delete", "live", "api/v1/docs"):
        await page.goto(f"{address}/{path}")
    await page.context.clear_cookies(name="session")
    await page.goto(f"{address}/account/password")
    await expect(page).to_have_title("Confirm It Is You - Microblog")
    assert complaints == []
