"""The page of docs/adding-a-page.md, added to a copy of the application as the documentation says, in Chromium."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.redirector import redirect_to
from tests.browser.server import ROOT, serve
from tests.browser.steps import PASSWORD, log_in, register
from tests.browser.test_other_origins import send
from tests.docs.pages import DOCS, blocks

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DOCUMENT = DOCS / "adding-a-page.md"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a copy of the application and the blocks of the page in the files that the page names."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("compat", "quart_app"):
        shutil.copytree(ROOT / name, folder / name)  # with what is compiled
    package = folder / "quart_app"
    (view,) = blocks(DOCUMENT, "python")
    template, link = blocks(DOCUMENT, "html+jinja")
    (script,) = blocks(DOCUMENT, "javascript")
    (package / "templates" / "elsewhere").mkdir()
    for path, block in (
        ("pages/elsewhere.py", view),
        ("templates/elsewhere/page.html", template),
        ("static/elsewhere.js", script),
    ):
        assert f"`quart_app/{path}`" in DOCUMENT.read_text()
        (package / path).write_text(block.code)
    for diff in blocks(DOCUMENT, "diff"):
        _replace(package / "factory.py", _side(diff.code, "-"), _side(diff.code, "+"))
    base = package / "templates" / "base.html"
    (online,) = re.findall(r"^.*>Online</a></li>\n", base.read_text(), re.MULTILINE)
    _replace(base, online, online + link.code)
    with serve(tmp_path_factory.mktemp("instance"), folder) as address:
        yield address


def _side(diff: str, sign: str) -> str:
    """The lines of a diff before ("-") or after ("+") the change."""
    return "".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] in (" ", sign))


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new))


async def log_in_thrice(page: Page, address: str, name: str) -> None:
    """Register, and log in here and twice elsewhere."""
    await register(page, address, name)
    await log_in(page, name)
    credentials = {"username": name, "password": PASSWORD, "kind": "bearer"}
    for _ in range(2):
        assert (await send(page, f"{address}/api/v1/sessions", "POST", credentials))["status"] == 201


async def test_the_page_calls_the_api(browser: Browser, address: str) -> None:
    """From the navigation, its script reads from the API by the cookies, and changes something by its own view."""
    page = await (await browser.new_context()).new_page()
    await log_in_thrice(page, address, "susan")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.get_by_role("link", name="Elsewhere").click()
    await expect(page.get_by_text("You are logged in 2 times elsewhere.")).to_be_visible()
    await expect(page.get_by_role("link", name="Elsewhere")).to_have_attribute("aria-current", "page")
    await page.get_by_role("button", name="Log Out Elsewhere").click()
    await expect(page.get_by_text("2 logins have been ended.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("You are logged in 0 times elsewhere.")).to_be_visible()
    assert said == []  # no refusal by the policy

    # Logged out in another tab: the page leads to the login.
    other = await page.context.new_page()
    await other.goto(f"{address}/account")
    await other.get_by_role("banner").get_by_role("button", name="Logout").click()
    await expect(other).to_have_title("Sign In - Microblog")
    await page.evaluate("run(count)")
    await expect(page).to_have_title("Sign In - Microblog")


_WATCH = """() => {
  window.refused = [];
  document.addEventListener("securitypolicyviolation", (event) => window.refused.push(event.effectiveDirective));
}"""
_POST_WITHOUT_TOKEN = "async () => (await fetch('/elsewhere', {method: 'POST'})).status"
_SMUGGLE = """() => {
  const script = document.createElement("script");
  script.textContent = "document.title = 'smuggled'";
  document.body.append(script);
}"""


async def test_what_protects_the_page(browser: Browser, address: str) -> None:
    """Its view needs the form token, inline scripts and other sites are out of reach, other pages run no script."""
    page = await browser.new_page()
    await log_in_thrice(page, address, "henry")
    await page.goto(f"{address}/elsewhere")
    await expect(page.get_by_text("You are logged in 2 times elsewhere.")).to_be_visible()
    assert await page.evaluate(_POST_WITHOUT_TOKEN) == 403
    await page.evaluate(_WATCH)
    async with redirect_to([]) as elsewhere:
        assert await send(page, f"{elsewhere}/") == {"refused": "TypeError"}
    await page.evaluate(_SMUGGLE)
    assert await page.title() == "Elsewhere - Microblog"
    assert await page.evaluate("window.refused") == ["connect-src", "script-src-elem"]

    response = await page.goto(f"{address}/account")
    assert response is not None
    assert "script-src" not in (await response.all_headers())["content-security-policy"]
    assert (await send(page, "/api/v1/me"))["json"]["username"] == "henry"  # from the developer tools
    await page.evaluate(_WATCH)
    await page.evaluate(_SMUGGLE)
    assert await page.title() == "Account - Microblog"
    assert await page.evaluate("window.refused") == ["script-src-elem"]
