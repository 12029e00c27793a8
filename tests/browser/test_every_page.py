"""Accessibility of every page: screen readers, zoom, narrow screens and dark mode."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # 0.1.8 has no types
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from quart_app.factory import create_app
from tests.app.visitor import Visitor
from tests.browser.scenes import SCENES, Scene, Site
from tests.browser.server import serve

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
#: The rules about what the style sheet has in ``@media``: colours, and the place that there is.
_OF_THE_STYLE = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size"]}
_WIDE, _PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=375, height=700)
#: As WCAG 2.2 has it, 1.4.10: what 1280 pixels are that are magnified four times.
_NARROW = ViewportSize(width=320, height=256)
_CHEAP = {"PASSWORD_METHOD": "pbkdf2:sha256:1"}


# One site for all: what is looked at is what it shows, and each scene makes its own people.
@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """A working server and a broken one: their addresses, and the folder of the first."""
    sound, strained = (tmp_path_factory.mktemp(name) for name in ("sound", "strained"))
    with (
        serve(sound, LOGIN_ATTEMPTS="1", ADDRESS_LIMITS="false", **_CHEAP) as address,
        serve(strained, LOGINS_PER_MINUTE="1", **_CHEAP) as strained_address,
    ):
        with sqlite3.connect(strained / "microblog.sqlite3") as database:
            database.execute("DROP TABLE users")
        database.close()
        yield address, strained_address, sound


@pytest.fixture(scope="module")
def site(browser_of_all: Browser, servers: tuple[str, str, Path]) -> Site:
    """Both, in the same browser."""
    return Site(browser_of_all, *servers)


# One tab for all: for each new one Chromium starts processes, which is half of the work.
@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def context(browser_of_all: Browser) -> AsyncIterator[BrowserContext]:
    """A browser with one tab."""
    async with await browser_of_all.new_context(viewport=_WIDE) as context:
        await context.new_page()
        yield context


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext, scene: Scene) -> AsyncIterator[Page]:
    """A tab in which nobody is logged in."""
    await context.clear_cookies()
    page = await context.new_page() if scene.own_tab else context.pages[0]
    await page.set_viewport_size(_WIDE)
    yield page
    if scene.own_tab:
        await page.close()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_everybody_can_use_it(site: Site, page: Page, scene: Scene) -> None:
    """Every page follows the rules of axe-core, also on a phone and in the dark, and needs no horizontal scrolling."""
    await scene.show(site, page)
    assert await _broken_rules(page, _WIDE, "light", _ALL) == []
    assert await _broken_rules(page, _PHONE, "dark", _OF_THE_STYLE) == []
    await page.set_viewport_size(_NARROW)
    assert await page.evaluate("document.scrollingElement.scrollWidth") == _NARROW["width"]


async def test_no_page_is_forgotten(tmp_path: Path) -> None:
    """Every URL that shows a page is among the scenes."""
    app = create_app({"instance_path": tmp_path, "password_method": _CHEAP["PASSWORD_METHOD"]})
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.websocket]
    with_arguments = {rule.endpoint for rule in rules if rule.arguments and rule.endpoint != "api.show_session"}
    assert with_arguments == {"static"}, "a page with arguments needs a scene"

    async with app.test_app():
        stranger, user = Visitor(app), Visitor(app)
        await user.register()
        await user.login(remember=True)
        returning = user.copy("remember_token")
        pages = {
            rule.rule
            for rule in rules
            if not rule.arguments
            for visitor in (stranger, user, returning)
            if await _shows_a_page(visitor, rule.rule)
        }
    assert pages >= {"/login", "/account", "/account/password", "/reauthenticate"}
    assert pages - {scene.path for scene in SCENES} == set()


async def _broken_rules(
    page: Page, size: ViewportSize, scheme: Literal["light", "dark"], rules: dict[str, Any]
) -> list[str]:
    """The violated rules, with their places."""
    await page.set_viewport_size(size)
    await page.emulate_media(color_scheme=scheme)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    results = await Axe().run(page, options=options)
    return [
        f"{rule['id']}: {' '.join(node['target'])}" for rule in results.response["violations"] for node in rule["nodes"]
    ]


async def _shows_a_page(visitor: Visitor, path: str) -> bool:
    answer = await visitor.get(path)
    return answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")
