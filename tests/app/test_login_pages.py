"""The lists of one's logins, in pages: on the account page and in the API."""

from __future__ import annotations

import re

import pytest

from quart_app.application import Application
from quart_app.models.login_session import ID_MAX
from quart_app.sessions.cursors import make_cursor, read_cursor
from tests.app.logged_in import log_in_as_new_user
from tests.app.many_logins import add_logins, ids, public_ids
from tests.app.program import Program, browser_of
from tests.app.visitor import Visitor

COUNT = 47  # others, so that the third page is not full


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the pages are the same with either database."""
    return migrated_sqlite_url


@pytest.fixture
async def susan(app: Application, visitor: Visitor) -> Visitor:
    """Susan, whose login is older than 47 others."""
    await log_in_as_new_user(visitor, remember=False)
    await add_logins(app, COUNT)
    return visitor


def shown(text: str) -> list[str]:
    """The ids of the other logins that a page shows."""
    return re.findall(r"/account/sessions/([0-9a-f-]{36})/end", text)


def link(text: str, relation: str) -> str | None:
    """Where the link to the next page, or to the one before, leads."""
    found = re.search(rf'href="([^"#]+)#logins" rel="{relation}"', text)
    return None if found is None else found[1].replace("&amp;", "&")


async def test_every_login_is_on_one_page(susan: Visitor, app: Application) -> None:
    """Twenty on each, the newest first, there and back; the current login is on all of them."""
    others = (await public_ids(app))[:0:-1]
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
    assert [name for page in reversed(back) for name in shown(page.text)] == others


async def test_few_logins_have_no_pages(visitor: Visitor) -> None:
    """Where there is only one page, there is no link to another."""
    await log_in_as_new_user(visitor, remember=False)
    text = (await visitor.get("/account")).text
    assert (link(text, "next"), link(text, "prev")) == (None, None)
    assert "You are logged in nowhere else." in text


async def test_a_page_without_logins_leads_back(susan: Visitor, app: Application) -> None:
    """Its logins may have ended since the link to it was shown: the link back leads to those that there are."""
    for name, position in (("before", 0), ("before", 1), ("after", ID_MAX)):
        async with app.app_context():
            cursor = make_cursor(1, position)
        page = await susan.get(f"/account?{name}={cursor}")
        assert (page.status, shown(page.text)) == (200, []), (name, position)
        back = link(page.text, "prev" if name == "before" else "next")
        assert back is not None
        assert (await susan.get(back)).status == 200


BAD_VALUES = ["", "x", "-1", "1.0", "+1", " 1", "%D9%A1", "2147483648", "9" * 5000, "1&before=2"]


async def test_bad_values(susan: Visitor, subtests: pytest.Subtests) -> None:
    """What is not a cursor is refused, on the page and in the API, and so is what is not a limit."""
    program = browser_of(susan)
    for value in BAD_VALUES:
        with subtests.test(value=value):
            assert (await susan.get(f"/account?before={value}")).status == 404
            answer = await program.send("GET", f"/sessions?cursor={value.replace('before', 'cursor')}")
            assert (answer.status, "cursor" in answer.json["detail"]) == (400, True)
            assert (await program.send("GET", f"/sessions?limit={value.replace('before', 'limit')}")).status == 400


async def test_forged_cursors(susan: Visitor, app: Application) -> None:
    """A cursor of another user, and one with any other character, is refused; it does not show the id of a row."""
    async with app.app_context():
        ours, theirs = make_cursor(1, 47), make_cursor(2, 47)
        assert ours == make_cursor(1, 47)
        assert [read_cursor(1, make_cursor(1, number)) for number in (0, 47, ID_MAX)] == [0, 47, ID_MAX]
    assert len({make.partition("-")[0] for make in (ours, theirs)}) == 2
    damaged = [ours[:place] + ("A" if ours[place] != "A" else "E") + ours[place + 1 :] for place in range(len(ours))]
    for cursor in (theirs, *damaged, "%E2%98%83" * len(ours), "!" * len(ours)):
        assert (await browser_of(susan).send("GET", f"/sessions?cursor={cursor}")).status == 400
        assert (await susan.get(f"/account?before={cursor}")).status == 404
    assert (await browser_of(susan).send("GET", f"/sessions?cursor={ours}")).status == 200


async def test_bounds_of_a_page(susan: Visitor) -> None:
    """The problem names the parameter."""
    for limit in ("0", "101"):
        answer = await browser_of(susan).send("GET", f"/sessions?limit={limit}")
        assert (answer.status, answer.problem) == (400, "Bad Request")
        assert "limit" in answer.json["detail"]


async def test_pages_of_the_api(susan: Visitor, app: Application, subtests: pytest.Subtests) -> None:
    """Following ``Link`` finds every login once, the newest first, and the current one among them."""
    newest_first = (await public_ids(app))[::-1]
    for limit in (1, 20, 48, 100):
        with subtests.test(limit=limit):
            await follow_pages(browser_of(susan), limit, newest_first)


async def follow_pages(program: Program, limit: int, newest_first: list[str]) -> None:
    """Follow ``Link``, with so many logins on a page, and check that exactly these are found, the last one current."""
    answer = await program.send("GET", f"/sessions?limit={limit}")
    found = []
    for _ in range(COUNT + 1):
        sessions, following = answer.json["sessions"], answer.json["next"]
        assert 0 < len(sessions) <= limit
        found += sessions
        if following is None:
            break
        address = f"/api/v1/sessions?cursor={following}&limit={limit}"
        assert answer.headers["Link"] == f'<{address}>; rel="next"'
        answer = await program.send("GET", address.removeprefix("/api/v1"))
    assert "Link" not in answer.headers
    assert [session["id"] for session in found] == newest_first
    assert [session["id"] for session in found if session["current"]] == newest_first[-1:]


async def test_without_parameters_there_are_a_hundred(susan: Visitor, app: Application) -> None:
    """As many as the cap allows by default: a program that knows no pages sees all logins."""
    await add_logins(app, 100)
    answer = (await browser_of(susan).send("GET", "/sessions")).json
    assert len(answer["sessions"]) == 100
    async with app.app_context():
        assert read_cursor(1, answer["next"]) == sorted(await ids(app))[-100]


async def test_parameters_are_described(app: Application) -> None:
    """With their bounds, in the document and on the page."""
    document = (await Program(app).send("GET", "/openapi.json")).json
    cursor, limit = document["paths"]["/v1/sessions"]["get"]["parameters"]
    assert (cursor["name"], cursor["in"], limit["name"], limit["in"]) == ("cursor", "query", "limit", "query")
    assert (cursor["schema"]["minLength"], cursor["schema"]["maxLength"]) == (22, 22)
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"], limit["schema"]["default"]) == (1, 100, 100)
    assert "default" not in cursor["schema"]
    text = (await Visitor(app).get("/api/v1/docs")).text
    assert "integer, 1-100" in text
