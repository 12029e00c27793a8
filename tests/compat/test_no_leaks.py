"""No request gets the user of another one, however they are interleaved."""

import asyncio
import random
from typing import Any

import pytest
from quart import copy_current_request_context, g, render_template_string, session, websocket
from quart.testing import QuartClient, WebsocketResponseError

from compat import LoginClient, current_user, load_user, login_required, login_user, user_accessed

from .site import Person, Site, text


@pytest.fixture
def crowd() -> Site:
    """A site with a hundred users."""
    site = Site()
    site.people = {str(number): Person(str(number), f"user {number}") for number in range(100)}
    return site


async def test_an_outer_application_context_is_not_shared(crowd: Site) -> None:
    """Requests within one ``app_context()`` share ``g``, but not the user."""
    async with crowd.app.app_context():
        g.shared = True
        for number in ("1", "2", "3"):
            client = LoginClient(crowd.app, user=crowd.people[number])
            assert await text(client, "/whoami") == f"user {number}"
            assert await text(crowd.client(), "/whoami") == "nobody"


@pytest.mark.parametrize("seed", range(5))
async def test_interleaved_clients_stay_themselves(crowd: Site, seed: int) -> None:
    """A hundred concurrent clients each get their own user, in whatever order loaders and views suspend."""
    order = random.Random(seed)  # noqa: S311  # not for secrets
    waiting: list[asyncio.Future[None]] = []

    async def suspend() -> None:
        future = asyncio.get_running_loop().create_future()
        waiting.append(future)
        await future

    @crowd.manager.user_loader
    async def load(user_id: str) -> Person | None:
        await suspend()
        return crowd.people[user_id]

    @crowd.app.route("/talk")
    async def talk() -> str:
        before = current_user.name
        await suspend()
        shown = await render_template_string("{{ current_user.name }}")
        await suspend()
        return f"{before}|{shown}|{current_user.name}|{session['_user_id']}"

    async def visit(number: str) -> str:
        return await text(LoginClient(crowd.app, user=crowd.people[number]), "/talk")

    async def release() -> None:
        idle = 0
        while idle < 50:
            await asyncio.sleep(0)
            idle = 0 if waiting else idle + 1
            if len(waiting) > order.randrange(60):
                waiting.pop(order.randrange(len(waiting))).set_result(None)
            elif waiting and order.random() < 0.2:
                waiting.pop().set_result(None)

    releasing = asyncio.ensure_future(release())
    said = await asyncio.gather(*(visit(number) for number in crowd.people))
    await releasing

    for number, answer in zip(crowd.people, said, strict=True):
        assert answer == "|".join([f"user {number}"] * 3 + [number])


async def test_logins_and_logouts_at_once(crowd: Site) -> None:
    """Clients that log in and out concurrently keep their own sessions."""

    async def live(number: str) -> list[str]:
        client = crowd.client()
        said = []
        for path in (f"/login?user={number}&remember=1", "/whoami", "/logout", "/whoami"):
            said.append(await text(client, path))
            await asyncio.sleep(0)
        return said

    said = await asyncio.gather(*(live(number) for number in crowd.people))

    assert said == [["True", f"user {number}", "True", "nobody"] for number in crowd.people]


async def test_tasks_of_a_request_have_its_user(crowd: Site) -> None:
    """A task that a view starts sees the view's user, even after the response."""
    seen: dict[str, str] = {}
    tasks: set[asyncio.Task[None]] = set()

    async def later(number: str) -> None:
        await asyncio.sleep(0.001)
        seen[number] = current_user.name

    @crowd.app.route("/start/<number>")
    async def start(number: str) -> str:
        tasks.add(asyncio.create_task(later(number)))
        return ""

    for number in ("1", "2", "3"):
        await text(LoginClient(crowd.app, user=crowd.people[number]), f"/start/{number}")
    await asyncio.gather(*tasks)

    assert seen == {number: f"user {number}" for number in ("1", "2", "3")}


async def test_copied_contexts_have_their_user(crowd: Site) -> None:
    """A function with ``copy_current_request_context`` has the user of its request."""

    @crowd.app.route("/copy")
    async def copy() -> str:
        @copy_current_request_context
        async def inner() -> str:
            await asyncio.sleep(0)
            return str(current_user.name)

        return str(await inner())

    for number in ("1", "2"):
        client = LoginClient(crowd.app, user=crowd.people[number])
        assert await text(client, "/copy") == f"user {number}"


async def test_background_tasks_have_no_other_user(crowd: Site) -> None:
    """A task of ``add_background_task`` has the user of its request, or none."""
    seen: list[tuple[str, Any]] = []

    async def work(number: str) -> None:
        await asyncio.sleep(0)
        seen.append((number, current_user.name if current_user else None))

    @crowd.app.route("/start/<number>")
    async def start(number: str) -> str:
        crowd.app.add_background_task(work, number)
        return ""

    for number in ("1", "2", "3"):
        await text(LoginClient(crowd.app, user=crowd.people[number]), f"/start/{number}")
    await asyncio.gather(*crowd.app.background_tasks)

    assert [number for number, _ in seen] == ["1", "2", "3"]
    assert all(name in (f"user {number}", None) for number, name in seen)


async def test_views_in_threads_have_their_user(crowd: Site) -> None:
    """Sync views, which run in threads, have the user of their request."""

    @crowd.app.route("/thread")
    def thread() -> str:
        return str(current_user.name)

    clients = [LoginClient(crowd.app, user=person) for person in crowd.people.values()]
    said = await asyncio.gather(*(text(client, "/thread") for client in clients))

    assert said == [person.name for person in crowd.people.values()]


async def test_a_user_is_not_kept_for_the_next_request(crowd: Site) -> None:
    """On one connection each request has the user of its own cookies."""
    client = crowd.client()
    for number in ("1", "2"):
        await text(client, f"/login?user={number}")
        assert await text(client, "/whoami") == f"user {number}"
    await text(client, "/logout")
    assert await text(client, "/whoami") == "nobody"


async def test_hand_pushed_contexts_are_apart(crowd: Site) -> None:
    """A context that is pushed within another one has its own user; afterwards the outer one has its user again."""
    async with crowd.app.test_request_context("/"):
        login_user(crowd.people["1"])
        async with crowd.app.test_request_context("/"):
            assert current_user.is_anonymous
            session["_user_id"] = "2"
        assert current_user.name == "user 1"
        assert (await load_user()).name == "user 1"


async def test_requests_within_a_request_are_apart(crowd: Site) -> None:
    """A view that sends a request to its own application keeps its user."""

    @crowd.app.route("/ask")
    async def ask() -> str:
        other = await text(LoginClient(crowd.app, user=crowd.people["2"]), "/whoami")
        return f"{other}|{current_user.name}"

    client = LoginClient(crowd.app, user=crowd.people["1"])
    assert await text(client, "/ask") == "user 2|user 1"


async def test_websockets_are_apart(crowd: Site) -> None:
    """Each of several open websockets has its own user."""

    @crowd.app.websocket("/ws")
    async def socket() -> None:
        while True:
            await websocket.receive()
            await websocket.send(current_user.name)

    async def talk(client: QuartClient) -> set[str]:
        async with client.websocket("/ws") as connection:
            said = set()
            for _ in range(3):
                await connection.send("who?")
                said.add(str(await connection.receive()))
                await asyncio.sleep(0)
            return said

    clients = [LoginClient(crowd.app, user=person) for person in crowd.people.values()]
    said = await asyncio.gather(*(talk(client) for client in clients))

    assert said == [{person.name} for person in crowd.people.values()]


async def test_receivers_of_one_request_are_not_called_for_another(crowd: Site) -> None:
    """Async receivers are awaited in the request that sent their signal."""
    seen: list[tuple[str, str]] = []

    async def receive(sender: object) -> None:
        await asyncio.sleep(0)
        seen.append((current_user.name, session["_user_id"]))

    clients = [LoginClient(crowd.app, user=person) for person in crowd.people.values()]
    with user_accessed.connected_to(receive, sender=crowd.app):
        await asyncio.gather(*(text(client, "/whoami") for client in clients))

    assert sorted(seen) == sorted((person.name, number) for number, person in crowd.people.items())


async def test_websocket_in_a_request_context_gets_no_foreign_user(site: Site) -> None:
    """In Quart 0.22 a websocket inside a pushed request context would get its user: that is an error."""

    @site.app.websocket("/ws")
    @login_required
    async def socket() -> None:
        await websocket.send(current_user.name)

    client = site.client()
    async with site.app.test_request_context("/"):
        login_user(site.people["2"])
        with pytest.raises(WebsocketResponseError) as refused:
            async with client.websocket("/ws") as connection:
                await connection.receive()

    assert refused.value.response.status_code in {401, 500}
