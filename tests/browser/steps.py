"""Actions of users on the pages, by visible text."""

from __future__ import annotations

from playwright.async_api import Page, expect

PASSWORD = "correct horse battery"


async def register(page: Page, address: str, name: str = "susan") -> None:
    """Register, starting at the login page."""
    await page.goto(f"{address}/")
    await expect(page).to_have_title("Sign In - Microblog")
    await page.get_by_role("link", name="Click to Register!").click()
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Email").fill(f"{name}@example.com")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("Repeat Password").fill(PASSWORD)
    await page.get_by_role("button", name="Register").click()
    await expect(page.get_by_text("Congratulations, you are now a registered user!")).to_be_visible()


async def log_in(page: Page, name: str = "susan", *, remember: bool = False) -> None:
    """Log in on the open page."""
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    if remember:
        await page.get_by_label("Remember Me").check()
    await page.get_by_role("button", name="Sign In").click()
    await expect(page.get_by_role("banner").get_by_role("button", name="Logout")).to_be_visible()
    await page.wait_for_load_state()
