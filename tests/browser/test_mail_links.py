"""Through the link in a mail: an address is confirmed and changed, and a forgotten password set anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.mails import link_in_mail
from tests.browser.steps import PASSWORD, log_in, register

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NEW_PASSWORD = "another fine password"


async def test_confirmed_and_changed(browser: Browser, own_server: str, tmp_path: Path) -> None:
    """A new user confirms the address by the button behind the link, and later another address."""
    page = await browser.new_page()
    await register(page, own_server)
    await log_in(page)
    await page.goto(f"{own_server}/account")
    await expect(page.get_by_text("Not yet")).to_be_visible()

    link = await link_in_mail(tmp_path, "Confirm your email address")
    await page.goto(link)
    await expect(page.get_by_role("heading", name="Confirm Your Address")).to_be_visible()
    await page.get_by_role("button", name="Confirm").click()
    await expect(page).to_have_title("Account - Microblog")
    await expect(page.get_by_role("status")).to_have_text("Your email address has been confirmed.")
    await expect(page.get_by_text("Not yet")).not_to_be_visible()
    await page.goto(link)
    await expect(page.get_by_role("heading", name="Link Not Valid")).to_be_visible()

    await page.goto(f"{own_server}/account/email")
    await page.get_by_label("New Email").fill("susan@example.org")
    await page.get_by_label("Current Password").fill(PASSWORD)
    await page.get_by_role("button", name="Change Email").click()
    await expect(page.get_by_text("susan@example.org, not confirmed yet")).to_be_visible()
    await page.get_by_role("button", name="Send the mail again").click()
    await expect(page.get_by_role("status")).to_contain_text("on its way to susan@example.org.")
    stranger = await browser.new_page()
    await stranger.goto(await link_in_mail(tmp_path, "Confirm your email address", "susan@example.org"))
    await stranger.get_by_role("button", name="Confirm").click()
    await expect(stranger).to_have_title("Sign In - Microblog")
    await page.reload()
    await expect(page.get_by_text("susan@example.org", exact=True)).to_be_visible()
    await expect(page.get_by_text("not confirmed yet")).not_to_be_visible()


async def test_a_forgotten_password(browser: Browser, own_server: str, tmp_path: Path) -> None:
    """From the page that needs a login to that page, by a new password; the other browser is logged out."""
    page, there = await browser.new_page(), await browser.new_page()
    await register(there, own_server)
    await log_in(there, remember=True)

    await page.goto(f"{own_server}/account/email")
    await page.get_by_role("link", name="Forgot your password?").click()
    await page.get_by_label("Email").fill("susan@example.com")
    await page.get_by_role("button", name="Send Link").click()
    await expect(page).to_have_title("Sign In - Microblog")
    await expect(page.get_by_role("status")).to_contain_text("If there is an account with this address")

    await page.goto(await link_in_mail(tmp_path, "Set a new password"))
    await expect(page.get_by_text("Set a new password for susan.")).to_be_visible()
    await page.get_by_label("New Password", exact=True).fill("too short")
    await page.get_by_label("Repeat New Password").fill("too short")
    await page.get_by_role("button", name="Set Password").click()
    await expect(page.get_by_text("Use at least 15 characters.")).to_be_visible()
    await page.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
    await page.get_by_label("Repeat New Password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Set Password").click()
    await expect(page).to_have_title("Sign In - Microblog")
    await expect(page.get_by_role("status")).to_contain_text("Your new password has been set")
    await there.goto(f"{own_server}/account")
    await expect(there).to_have_title("Sign In - Microblog")

    await page.get_by_label("Username").fill("susan")
    await page.get_by_label("Password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Sign In").click()
    await expect(page).to_have_title("Change Email - Microblog")
