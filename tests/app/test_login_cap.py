"""How many logins one user may have, and which of them end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from unittest import mock

import pytest
from sqlalchemy import select, update

from quart_app import clock as app_clock
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.user import User
from quart_app.settings import Settings
from tests.app.logged_in import log_in_as_new_user
from tests.app.many_logins import add_logins, ids, public_ids
from tests.app.program import Program, with_token
from tests.app.tab import open_tab
from tests.app.visitor import Visitor

CAP = 5
MINUTE = timedelta(minutes=1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Five logins for each user."""
    return settings.model_copy(update={"sessions_per_user": CAP})


async def use(app: Application, session_id: int, ago: timedelta) -> None:
    """Have a login last used some time ago."""
    query = update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=app_clock.now() - ago)
    async with current_database.of(app).session() as session:
        await session.execute(query)
        await session.commit()


async def log_in_often(app: Application, times: int) -> Sequence[Visitor]:
    """Susan with so many browsers, one after the other."""
    visitors = [Visitor(app) for _ in range(times)]
    for visitor in visitors:
        assert (await visitor.login()).location == "/index"
    return visitors


async def test_one_more_ends_the_least_recently_used(app: Application, visitor: Visitor) -> None:
    """Neither the oldest one, which is in daily use, nor the new one."""
    await visitor.register()
    visitors = await log_in_often(app, CAP)
    for number, session_id in enumerate(await ids(app)):
        await use(app, session_id, (2 if number == 3 else 1) * MINUTE)
    await visitor.login()
    assert [await other.is_in() for other in [*visitors, visitor]] == [True, True, True, False, True, True]
    assert len(await ids(app)) == CAP


async def test_tokens_and_remembered_logins_count(app: Application, visitor: Visitor) -> None:
    """All kinds have one cap together, and a remember cookie or a token is worth nothing once its login has ended."""
    await log_in_as_new_user(visitor, remember=True)
    remembered = visitor.copy("remember_token")
    program = await with_token(app)
    for number, session_id in enumerate(await ids(app)):
        await use(app, session_id, (10 - number) * MINUTE)
    (browser, *_) = await log_in_often(app, CAP - 1)
    assert not await remembered.is_in()
    await with_token(app)
    assert not await program.is_in()
    assert await browser.is_in()


async def test_expired_logins_do_not_count(app: Application, visitor: Visitor) -> None:
    """They are deleted first, and no valid one ends in their place."""
    await visitor.register()
    await add_logins(app, CAP, age=timedelta(days=60))
    visitors = await log_in_often(app, CAP)
    assert all([await other.is_in() for other in visitors])
    assert len(await ids(app)) == CAP


async def test_logins_of_others_do_not_count(app: Application, visitor: Visitor) -> None:
    """Each user has a cap of their own."""
    await visitor.register()
    await Visitor(app).register("bob", email="bob@example.com")
    await add_logins(app, 2 * CAP, user_id=2)
    (susan, *_) = await log_in_often(app, CAP)
    assert len(await ids(app, 2)) == 2 * CAP
    assert await susan.is_in()


async def test_logging_in_again_replaces_the_login(app: Application, visitor: Visitor) -> None:
    """It is ended before there is counted, so that no other one has to end."""
    await visitor.register()
    visitors = await log_in_often(app, CAP)
    program = Program(app)
    program.client = visitors[0].client
    for _ in range(CAP):
        assert (await program.log_in()).status == 201
    assert all([await other.is_in() for other in visitors])


async def test_parallel_logins(app: Application, visitor: Visitor, settings: Settings) -> None:
    """Three times as many at once never are more than the cap, and the last of them is valid."""
    await visitor.register()
    programs = [Program(app) for _ in range(3 * CAP)]
    answers = await asyncio.gather(*(program.log_in() for program in programs))
    assert {answer.status for answer in answers} == {201}
    assert len(await ids(app)) == CAP
    newest_id = (await public_ids(app))[-1]
    (newest,) = (answer for answer in answers if answer.json["session"]["id"] == newest_id)
    assert await programs[answers.index(newest)].is_in()


async def test_a_websocket_ends_with_its_login(
    app: Application, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after each other end of a login: with 1008, at the next check."""
    monkeypatch.setattr("quart_app.live.watch._CHECK_INTERVAL", 0.01)
    await log_in_as_new_user(visitor, remember=False)
    (session_id,) = await ids(app)
    async with open_tab(visitor) as tab:
        await tab.news()
        await use(app, session_id, MINUTE)
        await log_in_often(app, CAP)
        async with asyncio.timeout(20):
            assert await tab.until_closed() == 1008


@pytest.mark.parametrize("count", [CAP + 1, 20, 31, 95])
async def test_accounts_from_before_the_cap(app: Application, visitor: Visitor, count: int) -> None:
    """The next login ends what is too much at once, however much that is; rows that are left are deleted afterwards."""
    await log_in_as_new_user(visitor, remember=False)
    (session_id,) = await ids(app)
    await add_logins(app, count)
    with (
        mock.patch("quart_app.sessions.creation._SURPLUS_READ", 25),
        mock.patch("quart_app.sessions.creation.ROWS_PER_STATEMENT", 20),
        mock.patch("quart_app.sessions.generations.ROWS_PER_STATEMENT", 25),
    ):
        other = Visitor(app)
        await other.login()
        valid = (await (await with_token(app)).send("GET", "/sessions")).json["sessions"]
        assert len(valid) == CAP
        await asyncio.gather(*app.background_tasks)
    assert await other.is_in()
    assert len(await ids(app)) == CAP
    # Of more rows than are read only the newest count, and this login is older than those.
    assert await visitor.is_in() is (count < CAP + 25)
    assert (session_id in await ids(app)) is (count < CAP + 25)


async def test_a_new_generation_is_for_one_user(app: Application, visitor: Visitor) -> None:
    """The logins of other users stay valid, and so does each login that was taken over."""
    await visitor.register()
    bob = Visitor(app)
    await bob.register("bob", email="bob@example.com")
    await bob.login("bob")
    await add_logins(app, 20)
    with mock.patch("quart_app.sessions.creation.ROWS_PER_STATEMENT", 5):
        visitors = await log_in_often(app, 3)
    await asyncio.gather(*app.background_tasks)
    async with current_database.of(app).session() as session:
        generations = await session.execute(select(User.session_generation).order_by(User.id))
    assert [number for (number,) in generations] == [1, 0]
    assert all([await other.is_in() for other in [*visitors, bob]])
