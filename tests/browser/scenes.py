"""Every page of the application, in every state that looks different."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser import steps
from tests.browser.mails import link_in_mail
from tests.browser.steps import PASSWORD

#: What other browsers of a user call themselves.
_AGENTS = {
    "session": "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Mobile/15E148 Safari/604.1",
    "remembered": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "bearer": "a program of Susan's",
}


@dataclass
class Site:
    """The address of the application, and the browser.

    Arguments:
        browser: whose contexts are people.
        address: a server where a name may be guessed at once, and an address as often as it likes.
        strained: one without its tables, where an address may log in once a minute.
        instance: the folder of the first, with its mails.
    """

    browser: Browser
    address: str
    strained: str
    instance: Path

    async def log_in(self, context: BrowserContext, name: str, kind: str = "session") -> None:
        """Log in through the API; the first call registers the user."""
        account = {"username": name, "password": PASSWORD}
        api = f"{self.address}/api/v1"
        await context.request.post(f"{api}/users", data={**account, "email": f"{name}@example.com"})
        answer = await context.request.post(f"{api}/sessions", data={**account, "kind": kind})
        assert answer.status == 201, await answer.text()

    async def log_in_elsewhere(self, name: str) -> None:
        """Add one login of each kind."""
        for kind, agent in _AGENTS.items():
            context = await self.browser.new_context(user_agent=agent)
            await self.log_in(context, name, kind)
            await context.close()


Show = Callable[[Site, Page], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Scene:
    """A page in one of its states.

    Arguments:
        name: what it is called.
        path: the address of the page.
        show: makes a browser in which nobody is logged in show it.
        own_tab: whether it leaves something behind in the tab, such as routes of websockets.
    """

    name: str
    path: str
    show: Show
    own_tab: bool


SCENES: list[Scene] = []


def _scene(path: str, *, own_tab: bool = False) -> Callable[[Show], Show]:
    def add(show: Show) -> Show:
        SCENES.append(Scene(show.__name__.strip("_"), path, show, own_tab))
        return show

    return add


async def _submit(page: Page, button: str, **fields: str) -> None:
    """Fill in the given fields by their labels, and submit the form."""
    for label, text in fields.items():
        await page.get_by_label(label.replace("_", " "), exact=True).fill(text)
    await page.get_by_role("main").get_by_role("button", name=button).click()


# --- Strangers


@_scene("/login")
async def _login(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/login")


@_scene("/login")
async def _login_without_anything(site: Site, page: Page) -> None:
    await _login(site, page)
    await _submit(page, "Sign In")
    await expect(page.get_by_role("alert")).to_contain_text("2 fields need your attention")


@_scene("/login")
async def _login_refused(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/account")
    await _submit(page, "Sign In", Username="refused", Password="wrong")
    await expect(page.get_by_role("status")).to_have_text("Invalid username or password")


@_scene("/login")
async def _login_throttled(site: Site, page: Page) -> None:
    await _login(site, page)
    for _ in range(2):
        await _submit(page, "Sign In", Username="throttled", Password="wrong")
    await expect(page.get_by_role("alert")).to_contain_text("Too many attempts have failed.")


@_scene("/login")
async def _login_outdated(site: Site, page: Page) -> None:
    await _login(site, page)
    await page.context.clear_cookies()
    await _submit(page, "Sign In", Username="susan", Password=PASSWORD)
    await expect(page.get_by_role("alert")).to_contain_text("Please send this once more")


@_scene("/login")
async def _login_needed(site: Site, page: Page) -> None:
    for path in ("/", "/account"):
        await page.goto(f"{site.address}{path}")
    await expect(page.get_by_role("status")).to_contain_text("Please log in to access this page.")


@_scene("/register")
async def _register(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/register")


@_scene("/register")
async def _register_without_anything(site: Site, page: Page) -> None:
    await _register(site, page)
    await _submit(page, "Register")
    await expect(page.get_by_role("alert")).to_contain_text("4 fields need your attention")


@_scene("/register")
async def _register_refused(site: Site, page: Page) -> None:
    await _register(site, page)
    await _submit(page, "Register", Username="susan@home", Email="susan", Password="password2024password")
    await expect(page.get_by_text("Many people have this password")).to_be_visible()


@_scene("/login")
async def _registered(site: Site, page: Page) -> None:
    await steps.register(page, site.address, "newcomer")


@_scene("/forgotten")
async def _forgotten(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/forgotten")


@_scene("/password/new")
async def _new_password(site: Site, page: Page) -> None:
    await site.log_in(page.context, "oblivious")
    await page.goto(f"{site.address}/forgotten")
    await _submit(page, "Send Link", Email="oblivious@example.com")
    await page.goto(await link_in_mail(site.instance, "Set a new password", "oblivious@example.com"))
    await _submit(page, "Set Password", New_Password="oblivious oblivious")
    await expect(page.get_by_text("This is made of your name")).to_be_visible()


@_scene("/password/new")
async def _link_not_valid(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/password/new?token=used")
    await expect(page.get_by_role("heading", name="Link Not Valid")).to_be_visible()


@_scene("/account/email/confirm")
async def _confirm_address(site: Site, page: Page) -> None:
    await steps.register(page, site.address, "confirming")
    await page.goto(await link_in_mail(site.instance, "Confirm your email address", "confirming@example.com"))
    await expect(page.get_by_role("button", name="Confirm")).to_be_visible()


# --- Users


@_scene("/index")
async def _index(site: Site, page: Page) -> None:
    await site.log_in(page.context, "susan")
    await page.goto(f"{site.address}/index")


@_scene("/")
async def _index_of_a_long_name(site: Site, page: Page) -> None:
    await site.log_in(page.context, "W" * 64)
    await page.goto(f"{site.address}/")


@_scene("/account")
async def _account(site: Site, page: Page) -> None:
    await site.log_in(page.context, "alone")
    await page.goto(f"{site.address}/account")
    await page.get_by_role("heading", name="Account").wait_for()


@_scene("/account")
async def _account_with_many_logins(site: Site, page: Page) -> None:
    await site.log_in(page.context, "susan", "remembered")
    await site.log_in_elsewhere("susan")
    await page.goto(f"{site.address}/account")
    await expect(page.get_by_text("API token")).not_to_have_count(0)


@_scene("/account")
async def _account_after_a_change(site: Site, page: Page) -> None:
    await site.log_in(page.context, "changed")
    await site.log_in_elsewhere("changed")
    await page.goto(f"{site.address}/account")
    await _submit(page, "Log out everywhere else")
    await expect(page.get_by_role("status")).to_have_text("All other logins have been ended.")


@_scene("/account/password")
async def _password(site: Site, page: Page) -> None:
    await site.log_in(page.context, "susan")
    await page.goto(f"{site.address}/account/password")


@_scene("/account/password")
async def _password_refused(site: Site, page: Page) -> None:
    await _password(site, page)
    await _submit(page, "Change Password", Current_Password=PASSWORD, New_Password="susansusansusan")
    await expect(page.get_by_text("This is made of your name")).to_be_visible()


@_scene("/account/email")
async def _email(site: Site, page: Page) -> None:
    await site.log_in(page.context, "susan")
    await page.goto(f"{site.address}/account/email")


@_scene("/account/email")
async def _email_refused(site: Site, page: Page) -> None:
    await _email(site, page)
    await _submit(page, "Change Email", New_Email="susan")
    await expect(page.get_by_text("Invalid email address.")).to_be_visible()


@_scene("/account")
async def _account_with_another_address(site: Site, page: Page) -> None:
    await site.log_in(page.context, "moving")
    await page.goto(f"{site.address}/account/email")
    await _submit(page, "Change Email", New_Email="moved@example.com", Current_Password=PASSWORD)
    await expect(page.get_by_text("moved@example.com, not confirmed yet")).to_be_visible()


@_scene("/account/delete")
async def _delete(site: Site, page: Page) -> None:
    await site.log_in(page.context, "susan")
    await page.goto(f"{site.address}/account/delete")


@_scene("/account/delete")
async def _delete_refused(site: Site, page: Page) -> None:
    await site.log_in(page.context, "forgetful")
    await page.goto(f"{site.address}/account/delete")
    await _submit(page, "Delete Account", Current_Password="wrong")
    await expect(page.get_by_text("This is not your password.")).to_be_visible()


@_scene("/reauthenticate")
async def _reauthenticate(site: Site, page: Page) -> None:
    await site.log_in(page.context, "susan", "remembered")
    await page.context.clear_cookies(name="session")
    await page.goto(f"{site.address}/account/password")
    await expect(page).to_have_title("Confirm It Is You - Microblog")


@_scene("/logout")
async def _logout(site: Site, page: Page) -> None:
    await site.log_in(page.context, "susan")
    await page.goto(f"{site.address}/logout")


@_scene("/live")
async def _live(site: Site, page: Page) -> None:
    await site.log_in(page.context, "susan")
    await page.goto(f"{site.address}/live")
    await expect(page.get_by_text("Up to date.")).to_be_visible()


@_scene("/live", own_tab=True)
async def _live_with_many(site: Site, page: Page) -> None:
    names = ["susan", "W" * 64, *(f"somebody {number}" for number in range(98))]
    news = json.dumps({"count": 120, "names": names})
    await page.route_web_socket("**/live/ws", lambda socket: socket.send(news))
    await _live(site, page)
    await expect(page.get_by_text("and 20 more")).to_be_visible()


@_scene("/live", own_tab=True)
async def _live_without_connection(site: Site, page: Page) -> None:
    await page.route_web_socket("**/live/ws", lambda socket: socket.close(code=1013))
    await site.log_in(page.context, "susan")
    await page.goto(f"{site.address}/live")
    await expect(page.get_by_text("Not connected")).to_be_visible()


# --- Everybody


@_scene("/api/v1/docs")
async def _api_documentation(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/api/v1/docs")
    await page.locator("summary").first.click()


@_scene("/nothing")
async def _not_found(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/nothing")
    await expect(page.get_by_text("Error 404")).to_be_visible()


@_scene("/account/sessions/end-others")
async def _method_not_allowed(site: Site, page: Page) -> None:
    await page.goto(f"{site.address}/account/sessions/end-others")
    await expect(page.get_by_text("Error 405")).to_be_visible()


@_scene("/account/sessions/end-others")
async def _forbidden(site: Site, page: Page) -> None:
    await _account_with_many_logins(site, page)
    await page.evaluate("document.getElementsByName('csrf_token').forEach(token => { token.value = 'forged' })")
    await _submit(page, "Log out everywhere else")
    await expect(page.get_by_text("Error 403")).to_be_visible()


@_scene("/login")
async def _too_many_requests(site: Site, page: Page) -> None:
    for _ in range(2):
        await page.goto(f"{site.strained}/login")
        await _submit(page, "Sign In", Username="susan", Password=PASSWORD)
    await expect(page.get_by_text("Error 429")).to_be_visible()


@_scene("/register")
async def _unavailable(site: Site, page: Page) -> None:
    await page.goto(f"{site.strained}/register")
    fields = {"Password": PASSWORD, "Repeat_Password": PASSWORD}
    await _submit(page, "Register", Username="susan", Email="susan@example.com", **fields)
    await expect(page.get_by_text("Error 503")).to_be_visible()
