"""The recipes of docs/extensions.md for what users see do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser
from quart import render_template_string

from tests.neighbours.conftest import Recipe, body, browser, section

# --- languages


async def test_the_language_is_the_users(recipe: Recipe, tmp_path: Path) -> None:
    """A user reads their own language, a visitor what the browser asks for, in the message of a refusal, too."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    catalog = Catalog(locale="de")
    catalog.add("Welcome.", "Willkommen.")
    catalog.add("Please log in to access this page.", "Bitte anmelden.")
    folder = tmp_path / "translations" / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    example = recipe("Flask-Babel")
    example.login_manager.login_view = "greeting"

    @example.app.get("/closed")
    @example.login_required
    async def closed() -> str:
        return "In."

    german = {"Accept-Language": "de"}
    visitor = browser(example)
    await visitor.get("/closed", headers=german)
    async with visitor.session_transaction() as session:
        flashed = session["_flashes"]

    assert await body(browser(example, "susan"), "/greeting") == "Willkommen."
    assert await body(browser(example, "john"), "/greeting", headers=german) == "Welcome."
    assert await body(browser(example), "/greeting", headers=german) == "Willkommen."
    assert [str(message) for _, message in flashed] == ["Bitte anmelden."]


# --- resources


async def test_resources_check_the_login_first(recipe: Recipe) -> None:
    """A stranger is refused whatever the body; a user's body is checked, and has to be JSON."""
    example = recipe("Flask-RESTful")
    susan = browser(example, "susan")

    made = await susan.post("/articles", json={"title": "News"})

    assert (made.status_code, await made.get_json()) == (201, {"title": "News"})
    assert (await susan.post("/articles", json={"name": "News"})).status_code == 400
    assert (await susan.post("/articles", form={"title": "News"})).status_code == 400
    text = {"Content-Type": "text/plain"}
    assert (await susan.post("/articles", data='{"title": "News"}', headers=text)).status_code == 400
    assert (await browser(example).post("/articles", json={"name": "News"})).status_code == 401
    assert "/articles" in await body(browser(example), "/openapi.json")


# --- assets, times, themes


async def test_assets_are_one_file(recipe: Recipe, tmp_path: Path) -> None:
    """The bundle is one file that a template names and the application serves; it can be built ahead."""
    static = tmp_path / "static"
    static.mkdir()
    (static / "base.css").write_text("a{}")
    (static / "page.css").write_text("b{}")
    example = recipe("Flask-Assets")
    template = "{% for url in asset_urls('styles') %}{{ url }}{% endfor %}"
    for bundle in example.assets:
        bundle.build()
    example.assets.auto_build = False
    (static / "page.css").write_text("changed")

    async with example.app.test_request_context("/"):
        url = await render_template_string(template)

    assert re.fullmatch(r"/static/all\.css\?\w+", url)
    assert await body(browser(example), url) == "a{}\nb{}"


async def test_times_are_written_for_programs_and_people(recipe: Recipe, tmp_path: Path) -> None:
    """The filter writes a time as an element, in UTC."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "now.html").write_text("{{ now|moment }}")
    example = recipe("Flask-Moment")

    assert re.fullmatch(
        r'<time datetime="\d{4}-\d\d-\d\dT[\d:.]+\+00:00">\d{4}-\d\d-\d\d \d\d:\d\d UTC</time>',
        await body(browser(example), "/now"),
    )


@pytest.mark.asyncio(loop_scope="session")
async def test_times_are_those_of_the_browser(browser: Browser) -> None:
    """The script writes a time in the language and the time zone of the browser's user."""
    (script,) = re.findall(r"^```text\n(.*?)^```$", section("Flask-Moment"), re.DOTALL | re.MULTILINE)
    page = await browser.new_page(locale="de-DE", timezone_id="Europe/Berlin")
    await page.set_content('<time datetime="2026-03-01T12:00:00+00:00">UTC</time>')
    await page.add_script_tag(content=script)
    shown = await page.text_content("time")

    assert shown == "1.3.2026, 13:00:00"


async def test_themes_replace_templates(recipe: Recipe, tmp_path: Path) -> None:
    """A theme's own template is taken, and the application's where it has none."""
    (tmp_path / "templates" / "themes" / "dark").mkdir(parents=True)
    (tmp_path / "templates" / "page.html").write_text("plain")
    (tmp_path / "templates" / "themes" / "dark" / "page.html").write_text("dark")
    example = recipe("Flask-Themes")

    assert [await body(browser(example, name), "/themed") for name in ("susan", "john")] == ["dark", "plain"]


# --- what a request takes


async def test_the_time_is_shown_while_debugging(recipe: Recipe) -> None:
    """The header has the milliseconds in debug mode, and is left out otherwise."""
    example = recipe("Flask-DebugToolbar")

    @example.app.get("/")
    async def index() -> str:
        return "Hi."

    assert "Server-Timing" not in (await browser(example).get("/")).headers
    example.app.debug = True
    shown = (await browser(example).get("/")).headers["Server-Timing"]
    assert re.fullmatch(r"app;dur=\d+\.\d", shown)


# --- forms


async def test_macros_of_bootstrap_flask_render_forms(recipe: Recipe) -> None:
    """The form has its field, Bootstrap's classes and a token; the links to Bootstrap itself need Flask."""
    example = recipe("Flask-Bootstrap")

    page = await body(browser(example), "/form")

    assert re.search(r'<input class="form-control" id="name" name="name"', page)
    assert re.search(r'name="csrf_token" type="hidden" value="[^"]+"', page)
    async with example.app.test_request_context("/"):
        with pytest.raises(RuntimeError, match="outside of application context"):
            await render_template_string("{{ bootstrap.load_css() }}")
