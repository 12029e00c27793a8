"""The lists of one's logins, in pages: on the account page and in the API."""

from __future__ import annotations

import re

import pytest

from quart_app.application import Application
from tests.app.many_logins import add_logins, ids
from tests.app.program import Program, browser_of
from tests.app.visitor import Visitor

COUNT = 47  # others, so that the third page is not full


@pytest.fixture
async def susan(app: Application, visitor: Visitor) -> Visitor:
    """Susan, whose login is older than 47 others."""
    await visitor.register()
    await visitor.login()
    await add_logins(app, COUNT)
    return visitor


def shown(text: str) -> list[int]:
    """The ids of the other logins that a page shows."""
    return [int(number) for number in re.findall(r"/account/sessions/(\d+)/end", text)]


def link(text: str, relation: str) -> str | None:
    """Where the link to the next page, or to the one before, leads."""
    found = re.search(rf'href="([^"#]+)#logins" rel="{relation}"', text)
    return None if found is None else found[1].replace("&amp;", "&")


async def test_every_login_is_on_one_page(susan: Visitor, app: Application) -> None:
    """Twenty on each, the newest first, there and back; the current login is on all of them."""
    others = sorted((await ids(app))[1:], reverse=True)
    pages = [await susan.get("/account")]
    while (older := link(pages[-1].text, "next")) is not None:
        pages.append(await susan.get(older))
    assert [shown(page.text) for page in pages] == [others[:20], others[20:40], others[40:]]
    assert all("This one" in page.text for page in pages)
    assert link(pages[0].text, "prev") is None

    back = [pages[-1]]
    while (newer := link(back[-1].text, "prev")) is not None:
        back.append(await susan.get(newer))
    assert len(back) == len(pages)
    assert sorted((number for page in back for number in shown(page.text)), reverse=True) == others


async def test_few_logins_have_no_pages(visitor: Visitor) -> None:
    """Where there is only one page, there is no link to another."""
    await visitor.register()
    await visitor.login()
    text = (await visitor.get("/account")).text
    assert (link(text, "next"), link(text, "prev")) == (None, None)
    assert "You are logged in nowhere else." in text


@pytest.mark.parametrize("query", ["before=0", "before=1", "after=2147483647"])
async def test_a_page_without_logins_leads_back(susan: Visitor, query: str) -> None:
    """Its logins may have ended since the link to it was shown: the link back leads to those that there are."""
    page = await susan.get(f"/account?{query}")
    assert (page.status, shown(page.text)) == (200, [])
    back = link(page.text, "prev" if "before" in query else "next")
    assert back is not None
    assert (await susan.get(back)).status == 200


@pytest.mark.parametrize("value", ["", "x", "-1", "1.0", "+1", " 1", "%D9%A1", "2147483648", "9" * 5000, "1&before=2"])
async def test_bad_values(susan: Visitor, value: str) -> None:
    """What is no id of a login is refused, on the page as in its paths, and in the API."""
    assert (await susan.get(f"/account?before={value}")).status == 404
    assert (await browser_of(susan).send("GET", f"/sessions?before={value}")).status == 400
    assert (await browser_of(susan).send("GET", f"/sessions?limit={value.replace('before', 'limit')}")).status == 400


@pytest.mark.parametrize("limit", ["0", "101"])
async def test_bounds_of_a_page(susan: Visitor, limit: str) -> None:
    """The problem names the parameter."""
    answer = await browser_of(susan).send("GET", f"/sessions?limit={limit}")
    assert (answer.status, answer.problem) == (400, "Bad Request")
    assert "limit" in answer.json["detail"]


@pytest.mark.parametrize("limit", [1, 20, 48, 100])
async def test_pages_of_the_api(susan: Visitor, app: Application, limit: int) -> None:
    """Following ``next`` finds every login once, the newest first, and the current one among them."""
    program = browser_of(susan)
    found, before = [], ""
    while True:
        answer = (await program.send("GET", f"/sessions?limit={limit}{before}")).json
        assert 0 < len(answer["sessions"]) <= limit
        found += answer["sessions"]
        if answer["next"] is None:
            break
        before = f"&before={answer['next']}"
    assert [session["id"] for session in found] == sorted(await ids(app), reverse=True)
    assert [session["id"] for session in found if session["current"]] == [min(await ids(app))]


async def test_without_parameters_there_are_a_hundred(susan: Visitor, app: Application) -> None:
    """As many as the cap allows by default: a program that knows no pages sees all logins."""
    await add_logins(app, 100)
    answer = (await browser_of(susan).send("GET", "/sessions")).json
    assert len(answer["sessions"]) == 100
    assert answer["next"] == answer["sessions"][-1]["id"]


async def test_parameters_are_described(app: Application) -> None:
    """With their bounds, in the document and on the page."""
    document = (await Program(app).send("GET", "/openapi.json")).json
    before, limit = document["paths"]["/v1/sessions"]["get"]["parameters"]
    assert (before["name"], before["in"], limit["name"], limit["in"]) == ("before", "query", "limit", "query")
    assert (before["schema"]["minimum"], before["schema"]["maximum"]) == (1, 2**31 - 1)
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"], limit["schema"]["default"]) == (1, 100, 100)
    assert "default" not in before["schema"]
    text = (await Visitor(app).get("/api/v1/docs")).text
    assert "integer, 1-100" in text
