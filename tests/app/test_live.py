"""The page that shows who is online, and its websocket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from quart_app.accounts.changes import change_password
from quart_app.accounts.closing import deactivate_user
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.live import end_tasks
from quart_app.live.hub import Hub, current_hub
from quart_app.live.messages import NAMES_SHOWN
from quart_app.live.people import Person
from quart_app.live.sockets import Close
from quart_app.live.watch import check_sessions
from quart_app.models.user import User
from quart_app.server_stop import current_server_stop
from quart_app.sessions.confirmation import renew_session
from quart_app.sessions.ending import end_sessions
from quart_app.sessions.lookup import find_user
from tests.app.conftest import Clock
from tests.app.deletion import delete_user
from tests.app.logged_in import log_in_as_new_user
from tests.app.online import online
from tests.app.tab import open_tab, refusal
from tests.app.test_faults import broken
from tests.app.visitor import Visitor

BOB = "<b>bob"


@pytest.fixture
async def susan(app: Application) -> Visitor:
    """A user who is logged in."""
    return await joined(app, "susan")


@pytest.fixture
async def henry(app: Application) -> Visitor:
    """Another user who is logged in."""
    return await joined(app, "henry")


async def joined(app: Application, name: str) -> Visitor:
    """A new user who is logged in; henry is always remembered."""
    visitor = Visitor(app)
    await log_in_as_new_user(visitor, name, email="bob@example.com" if name == BOB else "", remember=name == "henry")
    return visitor


async def test_people_come_and_go(susan: Visitor, henry: Visitor) -> None:
    """Each page is told at once when a user opens the first tab or closes the last one."""
    async with open_tab(susan) as hers:
        assert await hers.names() == ["susan"]
        async with open_tab(henry) as his:
            assert await his.names() == ["henry", "susan"]
            assert await hers.names() == ["henry", "susan"]
        assert await hers.names() == ["susan"]


async def test_one_entry_for_several_tabs(susan: Visitor, henry: Visitor) -> None:
    """A user with several tabs is listed once, until the last tab is closed; other tabs get no message."""
    async with open_tab(susan) as hers:
        assert await hers.names() == ["susan"]
        async with open_tab(henry) as first:
            assert await first.names() == ["henry", "susan"]
            assert await hers.names() == ["henry", "susan"]
            async with open_tab(henry) as second:
                assert await second.names() == ["henry", "susan"]
        assert await hers.names() == ["susan"]


async def test_page_without_script(susan: Visitor, henry: Visitor) -> None:
    """Without scripts the page lists the users online, marks the own name, and says how to reload."""
    async with open_tab(susan) as hers, open_tab(henry) as his:
        await hers.names()
        await his.names()
        page = await susan.get("/live")
    assert page.status == 200
    assert page.text.index("henry</li>") < page.text.index('susan <span class="badge">You</span></li>')
    assert 'id="live-more" hidden' in page.text
    assert '<a href="/live">Reload</a>' in page.text
    assert 'aria-current="page">Online</a>' in page.text
    assert ">susan <" not in (await susan.get("/live")).text


async def test_page_is_for_users(visitor: Visitor, queries: list[str]) -> None:
    """Visitors are redirected to the login page without a query, and have no link to the page."""
    page = await visitor.get("/live")
    assert (page.status, page.location) == (302, "/login?next=%2Flive")
    assert "Online" not in (await visitor.get("/login")).text
    assert queries == []


async def test_names_are_limited(susan: Visitor, app: Application) -> None:
    """A message and the page contain the first hundred names and the total number."""
    async with AsyncExitStack() as crowd:
        for number in range(NAMES_SHOWN + 4):
            crowd.enter_context(online(current_hub.of(app), Person(1000 + number, f"a{number:03}")))
        async with open_tab(susan) as hers:
            message = await hers.news()
            page = await susan.get("/live")
    assert message["count"] == NAMES_SHOWN + 5
    assert message["names"] == [f"a{number:03}" for number in range(NAMES_SHOWN)]
    assert '<p id="live-more">and 5 more</p>' in page.text


async def test_names_are_text(app: Application) -> None:
    """A name that contains markup is escaped."""
    visitor = await joined(app, BOB)
    async with open_tab(visitor) as his:
        assert await his.names() == [BOB]
        text = (await visitor.get("/live")).text
    assert "&lt;b&gt;bob <span" in text
    assert "<b>" not in text


# --- who may open it


FOREIGN_ORIGINS = [
    None,
    "null",
    "",
    "https://evil.test",
    "http://localhost.evil.test",
    "http://localhost:8000",
    "http://evil.test/http://localhost",
    "http://evil@localhost",
    "ftp://localhost",
    "localhost",
    "http://[",
]


async def test_foreign_pages(susan: Visitor, subtests: pytest.Subtests) -> None:
    """A page of another site cannot open the websocket with a user's cookies: 403."""
    for origin in FOREIGN_ORIGINS:
        with subtests.test(origin=origin):
            assert await refusal(susan, origin=origin) == 403


async def test_own_page_behind_a_proxy(susan: Visitor) -> None:
    """Behind a proxy ``Origin`` is compared with the host that the client uses."""
    async with open_tab(susan, host="chat.example.com:8443", origin="https://chat.example.com:8443") as hers:
        assert await hers.names() == ["susan"]


async def test_visitors_are_refused(visitor: Visitor, queries: list[str]) -> None:
    """A visitor gets 401, without a query, before the websocket is accepted."""
    assert await refusal(visitor) == 401
    assert queries == []


async def test_one_query_for_a_websocket(susan: Visitor, queries: list[str]) -> None:
    """The user is loaded when the websocket is opened; messages cost no query."""
    queries.clear()
    async with open_tab(susan) as hers:
        await hers.names()
    assert len(queries) == 1


async def test_too_many(susan: Visitor, henry: Visitor, app: Application) -> None:
    """A user with twenty open websockets gets 429 for the next one; other users do not."""
    async with AsyncExitStack() as open_sockets:
        for _ in range(20):
            await (await open_sockets.enter_async_context(open_tab(susan))).names()
        assert await refusal(susan) == 429
        async with open_tab(henry) as his:
            assert await his.names() == ["henry", "susan"]
    async with open_tab(susan) as hers:
        assert await hers.names() == ["susan"]
    assert current_hub.of(app).sockets == []


async def test_refused_during_a_fault(susan: Visitor) -> None:
    """While the database is down the handshake is answered with 503, and no data is sent."""
    with broken(OSError("connection refused")):
        assert await refusal(susan) == 503
    async with open_tab(susan) as hers:
        assert await hers.names() == ["susan"]


async def test_clients_only_listen(susan: Visitor, app: Application) -> None:
    """A message from a client closes its websocket."""
    for said in ("hello", b"\x00"):
        async with open_tab(susan) as hers:
            await hers.names()
            await hers.say(said)
            assert await hers.until_closed() == 1003
            assert current_hub.of(app).sockets == []


# --- who is told what, and when


async def test_slow_client(susan: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not receive delays no others, and later gets only the newest message."""
    monkeypatch.setattr("quart_app.live.hub._BATCH_INTERVAL", 0)
    async with open_tab(susan) as slow, open_tab(susan) as quick, AsyncExitStack() as crowd:
        assert (await slow.news())["count"] == (await quick.news())["count"] == 1
        slow.is_reading.clear()
        for number in range(2, 9):
            crowd.enter_context(online(current_hub.of(app), Person(number, "x")))
            assert (await quick.news())["count"] == number
        slow.is_reading.set()
        assert [(await slow.news())["count"] for _ in range(2)] == [2, 8]


async def test_client_that_takes_nothing(susan: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that never receives is disconnected."""
    monkeypatch.setattr("quart_app.live.sockets._SEND_TIMEOUT", 0.05)
    async with open_tab(susan) as slow:
        slow.is_reading.clear()
        assert await slow.until_closed() == 1013
        assert current_hub.of(app).sockets == []


async def test_news_in_one(susan: Visitor, app: Application) -> None:
    """Changes at the same moment are sent in one message."""
    async with open_tab(susan) as hers, AsyncExitStack() as crowd:
        await hers.names()
        for number in range(2, 500):
            crowd.enter_context(online(current_hub.of(app), Person(number, "x")))
        assert (await hers.news())["count"] == 499


async def test_heartbeat(susan: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing changes, the list is sent again as a heartbeat."""
    monkeypatch.setattr("quart_app.live.hub.REPEAT_INTERVAL", 0.01)
    async with open_tab(susan) as first:  # the wait that had begun before ends with her coming
        assert [await first.names() for _ in range(3)] == [["susan"]] * 3


# --- until when it is open


async def user_of(visitor: Visitor, app: Application) -> User:
    """The user of the visitor's login session."""
    async with visitor.client.session_transaction() as session:
        user = await find_user(session["_user_id"])
    assert user is not None
    return user


async def log_out(visitor: Visitor, _user: User) -> None:
    """Log out on the page."""
    await visitor.logout()


async def end_all(_visitor: Visitor, user: User) -> None:
    """End all sessions, as on the account page."""
    await end_sessions(user.id)


async def deactivate(_visitor: Visitor, user: User) -> None:
    """Close the account, as an operator does."""
    await deactivate_user(user.id)


async def deactivate_by_hand(_visitor: Visitor, user: User) -> None:
    """Close the account in the database, without ending its login sessions."""
    async with current_database().session() as session:
        await session.execute(update(User).where(User.id == user.id).values(is_active=False))
        await session.commit()


async def delete(_visitor: Visitor, user: User) -> None:
    """Delete the account."""
    await delete_user(user.id)


async def change_elsewhere(_visitor: Visitor, user: User) -> None:
    """Change the password from another login."""
    user.login_session = None
    await change_password(user, "another fine password")


@pytest.mark.parametrize("end", [log_out, end_all, deactivate, deactivate_by_hand, delete, change_elsewhere])
async def test_ends_with_the_session(
    susan: Visitor, henry: Visitor, app: Application, end: Callable[[Visitor, User], Awaitable[None]]
) -> None:
    """However a login ends, its websockets are closed with 1008 at the next check, and no others."""
    async with open_tab(susan) as hers, open_tab(henry) as his, app.app_context():
        await hers.names()
        await his.names()
        await end(susan, await user_of(susan, app))
        await check_sessions(current_hub.of(app))
        assert await hers.until_closed() == 1008
        assert [socket.person.name for socket in current_hub.of(app).sockets] == ["henry"]
        await his.go()


@pytest.mark.parametrize(
    ("name", "age"),
    [("susan", timedelta(days=14)), ("henry", timedelta(days=30))],
    ids=["unused for too long", "remembered for too long"],
)
async def test_ends_with_time(app: Application, clock: Clock, name: str, age: timedelta) -> None:
    """The websocket of an expired session is closed: an open connection does not count as use."""
    visitor = await joined(app, name)
    async with open_tab(visitor) as connection, app.app_context():
        await connection.names()
        clock.shift(age)
        await check_sessions(current_hub.of(app))
        assert len(current_hub.of(app).sockets) == 1
        clock.shift(timedelta(seconds=1))
        await check_sessions(current_hub.of(app))
        assert await connection.until_closed() == 1008


async def test_ends_when_its_session_belongs_to_another_user(susan: Visitor, henry: Visitor, app: Application) -> None:
    """The id of a session alone does not keep a websocket open, such as after a database was restored."""
    async with open_tab(susan) as hers, app.app_context():
        assert await hers.names() == ["susan"]
        async with current_database.of(app).session() as session:
            await session.execute(text("DELETE FROM login_sessions WHERE id = 1"))
            await session.execute(text("UPDATE login_sessions SET id = 1"))
            await session.commit()
        await check_sessions(current_hub.of(app))
        assert [socket.closing for socket in current_hub.of(app).sockets] == [Close.LOGGED_OUT]
    assert await henry.is_in()


async def test_survives_a_new_handle(susan: Visitor, app: Application) -> None:
    """After a confirmed password the login has a new handle, and its websocket stays open."""
    async with open_tab(susan) as hers, app.app_context():
        assert await hers.names() == ["susan"]
        user = await user_of(susan, app)
        await renew_session(user)
        await check_sessions(current_hub.of(app))
        assert [socket.closing for socket in current_hub.of(app).sockets] == [None]


async def test_one_query_for_all_sockets(susan: Visitor, henry: Visitor, app: Application, queries: list[str]) -> None:
    """A check is one query, which only reads, for any number of websockets."""
    async with open_tab(susan) as hers, open_tab(henry) as his, app.app_context():
        await hers.names()
        await his.names()
        queries.clear()
        await check_sessions(current_hub.of(app))
        assert len(queries) == 1
        assert queries[0].startswith("SELECT")


async def test_many_sessions(susan: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """If there are more sessions than fit into one query, several are sent."""
    monkeypatch.setattr("quart_app.sessions.listing._IDS_PER_QUERY", 2)
    async with open_tab(susan) as hers, AsyncExitStack() as crowd, app.app_context():
        await hers.names()
        gone = [
            crowd.enter_context(online(current_hub.of(app), Person(number, "x"), number)) for number in range(100, 107)
        ]
        await check_sessions(current_hub.of(app))
        assert {socket.closing.code for socket in gone if socket.closing} == {1008}
        assert [socket.closing for socket in current_hub.of(app).sockets if socket not in gone] == [None]


async def test_not_on_trust(susan: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the sessions cannot be checked for some time, their websockets are closed with 1013."""
    monkeypatch.setattr("quart_app.live.watch._CHECK_TIMEOUT", 0.05)
    async with open_tab(susan) as hers, app.app_context():
        await hers.names()
        with broken(OSError("connection refused")):
            await check_sessions(current_hub.of(app))
        assert await hers.until_closed() == 1013


async def test_short_fault(susan: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the database recovers in time, no websocket is closed."""
    answer = AsyncSession.execute
    attempts = []

    async def stumble(self: AsyncSession, *args: Any) -> Any:
        attempts.append(args)
        if len(attempts) < 3:
            raise OSError("connection refused")
        return await answer(self, *args)

    monkeypatch.setattr("quart_app.live.watch._RETRY_INTERVAL", 0)
    async with open_tab(susan) as hers, app.app_context():
        await hers.names()
        monkeypatch.setattr(AsyncSession, "execute", stumble)
        await check_sessions(current_hub.of(app))
        assert len(attempts) == 3
        assert [socket.closing for socket in current_hub.of(app).sockets] == [None]


async def test_no_check_without_sockets(
    app: Application, susan: Visitor, queries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sessions are checked only while there are websockets."""
    looks: asyncio.Queue[int] = asyncio.Queue()

    async def look(hub: Hub) -> None:
        await looks.put(len(hub.sockets))

    monkeypatch.setattr("quart_app.live.watch._CHECK_INTERVAL", 0)
    monkeypatch.setattr("quart_app.live.watch.check_sessions", look)
    async with open_tab(susan) as hers:
        await hers.names()
        assert [await looks.get() for _ in range(3)] == [1, 1, 1]
    while not looks.empty():
        looks.get_nowait()
    for _ in range(20):
        await asyncio.sleep(0)
    assert looks.empty()


async def test_stopping(susan: Visitor, app: Application) -> None:
    """When the server stops, websockets are closed with 1001 and new ones are refused."""
    async with open_tab(susan) as hers:
        await hers.names()
        current_server_stop.of(app).announce()
        assert await hers.until_closed() == 1001
        assert await refusal(susan) == 503
    await current_hub.of(app).wait_until_empty()


async def test_a_lost_cancellation_is_repeated() -> None:
    """The stop of a server does not wait for a task that has swallowed its cancellation, as redis-py may on 3.11."""
    swallowed = 0

    async def listen() -> None:
        nonlocal swallowed
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await asyncio.wait_for(end_tasks([task]), 10)
    assert swallowed == 1
    assert task.cancelled()
