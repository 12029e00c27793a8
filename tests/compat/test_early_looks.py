"""The user is read before it is loaded, as a tool that watches the application may do when a request starts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from quart import Quart, abort, request_started, session, websocket, websocket_started
from quart.testing import WebsocketResponseError

from compat import UserNotLoaded, current_user, load_user, user_accessed

from . import flask_side
from .site import Kind, Site, close_browser, listening, names, plain_vary, set_cookies, text

Answers = list[object]


@contextmanager
def looking_early(app: Quart) -> Iterator[Answers]:
    """Read the user whenever a request or websocket of *app* starts; the names and errors that were found."""
    answers: Answers = []

    async def look(_app: Quart, **_arguments: Any) -> None:
        try:
            answers.append(current_user.name if current_user.is_authenticated else None)
        except Exception as error:  # noqa: BLE001  # compared by the tests
            answers.append(error)

    for signal in (request_started, websocket_started):
        signal.connect(look, app)
    yield answers
    for signal in (request_started, websocket_started):
        signal.disconnect(look, app)


class AsyncLoader:
    """A loader that does not look async."""

    def __init__(self, load: Callable[[str], Any]) -> None:
        self.load = load

    async def __call__(self, user_id: str) -> Any:
        """The user with this id."""
        return await self.load(user_id)


@pytest.mark.parametrize("hidden", [False, True], ids=["", "hidden"])
@pytest.mark.parametrize("remembered", [False, True], ids=["", "remembered"])
async def test_a_refused_look_leaves_no_trace(site: Site, remembered: bool, hidden: bool) -> None:
    """Where an async loader cannot run, reading the user is an error: no signal, no ``Vary`` and no cookie follow."""
    client = await site.logged_in("remember")
    if remembered:
        close_browser(client)
    if hidden:
        site.manager.user_loader(AsyncLoader(site._load_async))

    with looking_early(site.app) as answers, listening(site.app) as heard:
        response = await client.get("/public")

        assert [type(answer) for answer in answers] == [UserNotLoaded]
        assert names(heard) == []
        assert set_cookies(response) == {}
        assert response.headers.get("Vary") == await plain_vary()

        assert await text(client, "/whoami") == "susan"
    source = ["user_loaded_from_cookie"] if remembered else []
    assert names(heard) == ["user_accessed", *source, "user_loaded"]
    assert site.loads == ["1", "1"]


@pytest.mark.parametrize("where", ["view", "context"])
async def test_the_loader_comes_before_user_accessed(kind: Kind, where: str) -> None:
    """The user is loaded before ``user_accessed`` is sent, on the spot as well; Flask-Login sends it first."""
    site = Site(kind)
    client = await site.logged_in()
    order: list[str] = []

    def note(_app: object) -> None:
        order.extend(["loader"] * len(site.loads) + ["user_accessed"])

    with user_accessed.connected_to(note, sender=site.app):
        if where == "view":
            assert await text(client, "/whoami") == "susan"
        else:
            async with site.app.test_request_context("/"):
                session["_user_id"] = "1"
                name = (await load_user()).name if kind == "async" else current_user.name
                assert name == "susan"

    assert order == ["loader", "user_accessed"]
    assert flask_side.first_use_of_the_user() == order[::-1]


async def test_a_sync_loader_runs_once() -> None:
    """A sync loader that was called for an early look is not called again for the view, and the look counts."""
    site = Site("sync")
    client = await site.logged_in()

    with looking_early(site.app) as answers, listening(site.app) as heard:
        assert await text(client, "/whoami") == "susan"

    assert answers == ["susan"]
    assert site.loads == ["1"]
    assert names(heard) == ["user_accessed", "user_loaded"]


async def test_a_sync_loader_that_fails_runs_once() -> None:
    """The error of a sync loader that was called for an early look is that of the view, too."""
    site = Site("sync")
    client = await site.logged_in()
    site.fault = LookupError("no database")

    with looking_early(site.app) as answers:
        assert (await client.get("/whoami")).status_code == 500

    assert answers == [site.fault]
    assert site.loads == ["1"]


async def test_early_looks_in_websockets(kind: Kind) -> None:
    """The same holds for websockets: the loader runs once, and the view has its user."""
    site = Site(kind)

    @site.app.websocket("/socket")
    async def socket() -> None:
        await websocket.send(current_user.name)

    client = await site.logged_in()
    with looking_early(site.app) as answers:
        async with client.websocket("/socket") as connected:
            assert await connected.receive() == "susan"

    assert site.loads == ["1"]
    assert answers == ["susan"] if kind == "sync" else isinstance(answers[0], UserNotLoaded)


async def test_strong_protection_needs_no_loader() -> None:
    """An early look at a login that strong protection drops is not an error: nobody is logged in."""
    site = Site(SESSION_PROTECTION="strong")
    client = await site.logged_in()

    with looking_early(site.app) as answers:
        assert await text(client, "/whoami", headers={"User-Agent": "another"}) == "nobody"

    assert answers == [None]


async def test_async_receivers_of_an_early_look_at_a_websocket_are_called() -> None:
    """An async receiver that hears of a user before the websocket's own hook is called, in the background."""
    site = Site("sync")
    client = await site.logged_in()
    called = asyncio.Event()

    @site.app.websocket("/ws")
    async def socket() -> None:
        await websocket.send(current_user.name)

    async def receive(_app: object, **_arguments: object) -> None:
        called.set()

    with looking_early(site.app) as answers, user_accessed.connected_to(receive, sender=site.app):
        async with client.websocket("/ws") as opened:
            assert await opened.receive() == "susan"
            async with asyncio.timeout(5):
                await called.wait()

    assert answers == ["susan"]


async def test_async_receivers_are_called_for_a_websocket_that_is_refused_early() -> None:
    """An async receiver that hears of a user is awaited if the websocket is refused before its own hook."""
    site = Site("sync")
    client = await site.logged_in()
    heard: list[object] = []

    @site.app.websocket("/ws")
    async def socket() -> None:
        await websocket.send("never sent")

    async def receive(_app: object, **_arguments: object) -> None:
        heard.append(current_user.name)

    async def refuse(_app: object, **_arguments: object) -> None:
        abort(403 if current_user.is_authenticated else 401)

    with (
        user_accessed.connected_to(receive, sender=site.app),
        websocket_started.connected_to(refuse, site.app),
        pytest.raises(WebsocketResponseError) as refused,
    ):
        async with client.websocket("/ws") as opened:
            await opened.receive()

    assert (refused.value.response.status_code, heard) == (403, ["susan"])
