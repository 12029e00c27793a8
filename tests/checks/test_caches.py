"""What a cache between us and our users may keep: nothing that has to do with who they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from quart import session

from quart_app.accounts.login import current_user
from quart_app.application import Application
from quart_app.settings import Settings
from tests.app.logged_in import log_in_as_new_user
from tests.app.visitor import Page, Visitor
from tests.checks.routes import addresses
from tests.checks.tally import Tally
from tests.fixtures import OTHER_SITES

pytestmark = pytest.mark.quick


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The API is open to one other origin, which weakens nothing."""
    return settings.model_copy(update={"api_allowed_origins": ("https://app.test",)})


WAYS_TO_LOOK: dict[str, Callable[[], object]] = {
    "get": lambda: session.get("x"),
    "in": lambda: "x" in session,
    "len": lambda: len(session),
    "current_user": lambda: current_user.is_authenticated,
}


#: What is the same for everybody may be kept, and is asked for again each time.
SAME_FOR_ALL = "/api/v1/openapi.json"


def is_kept_by_nobody(page: Page) -> bool:
    """Whether no cache stores it, and one that does all the same asks again for every other cookie."""
    vary = {name.strip().lower() for name in page.headers.get("Vary", "").split(",")}
    return "no-store" in page.headers.get("Cache-Control", "") and bool({"cookie", "*"} & vary)


@pytest.mark.check(8)
async def test_answers_that_depend_on_who_asks(app: Application, tally: Tally) -> None:
    """No answer to a stranger, a user or a remembered user is for a cache, not even an error page or a refusal."""
    user = Visitor(app)
    tally.count(is_kept_by_nobody(await user.register()), "registering")
    tally.count(is_kept_by_nobody(await user.login(remember=True)), "logging in")
    for path in (*addresses(app), "/nowhere", "/api/v1/nowhere"):
        visitors = {"stranger": Visitor(app), "user": user, "remembered": user.copy("remember_token")}
        for who, visitor in visitors.items():
            page = await visitor.get(path)
            is_right = page.headers["Cache-Control"] == "no-cache" if path == SAME_FOR_ALL else is_kept_by_nobody(page)
            tally.count(is_right, f"{path} for {who}: {page.headers!r}")
    same = {(await visitor.get(SAME_FOR_ALL)).text for visitor in (Visitor(app), user)}
    tally.count(len(same) == 1, f"{SAME_FOR_ALL} is the same for everybody")
    for path in ("/api/v1/me", "/api/v1/nowhere"):
        page = await user.get(path, {"Origin": "https://app.test"})
        tally.count(is_kept_by_nobody(page) and "Origin" in page.headers["Vary"], f"{path}: {page.headers!r}")
    for headers in OTHER_SITES:
        page = await user.post("/logout", {}, headers)
        tally.count(page.status == 403 and is_kept_by_nobody(page), f"refused: {page.headers!r}")
    tally.count(is_kept_by_nobody(await user.logout()), "logging out")


@pytest.mark.check(8)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", WAYS_TO_LOOK)
async def test_ways_to_look(app: Application, tally: Tally, way: str) -> None:
    """However a page looks at the session or the user, and whoever asks."""

    @app.get("/looks")
    async def look() -> str:
        return str(WAYS_TO_LOOK[way]())

    user = Visitor(app)
    await log_in_as_new_user(user, remember=False)
    for visitor in (Visitor(app), user):
        page = await visitor.get("/looks")
        tally.count(is_kept_by_nobody(page), f"{page.headers!r}")
