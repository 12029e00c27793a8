"""Signals: when their receivers are called, and what these may do."""

import asyncio
from typing import Any

import pytest
from quart import Quart, session, websocket
from quart.testing import WebsocketResponseError

from compat import (
    LoginClient,
    current_user,
    login_user,
    user_accessed,
    user_loaded,
    user_loaded_from_cookie,
    user_loaded_from_request,
    user_logged_in,
    user_logged_out,
)

from .site import Person, Site, close_browser, listening, names, text


async def test_sync_receivers_are_called_at_once(site: Site) -> None:
    """Sync receivers have been called when ``login_user`` returns."""
    called: list[str] = []

    def receive(sender: Quart, user: Person) -> None:
        called.append(user.name)

    async with site.app.test_request_context("/"):
        with user_logged_in.connected_to(receive, sender=site.app):
            login_user(site.people["1"])
            assert called == ["susan"]


async def test_the_sender_is_the_application(site: Site) -> None:
    """The sender is the application object, not a proxy."""
    senders: list[object] = []

    def receive(sender: object, **arguments: object) -> None:
        senders.append(sender)

    with user_logged_in.connected_to(receive):
        await site.logged_in()

    assert senders == [site.app]
    assert type(senders[0]) is type(site.app)


async def test_async_receivers_are_awaited_before_the_response_is_sent(site: Site) -> None:
    """Async receivers run after the view and have finished before the response is sent."""
    order: list[str] = []

    async def receive(sender: Quart, user: Person) -> None:
        order.append("receiver begins")
        await asyncio.sleep(0)
        order.append(f"receiver ends: {user.name}")

    @site.app.route("/log-in")
    async def log_in() -> str:
        login_user(site.people["1"])
        order.append("view ends")
        return ""

    with user_logged_in.connected_to(receive, sender=site.app):
        await text(site.client(), "/log-in")
        order.append("answer")

    assert order == ["view ends", "receiver begins", "receiver ends: susan", "answer"]


async def test_async_receivers_may_write_the_session(site: Site) -> None:
    """What async receivers write to the session is in the cookie of that response."""

    async def receive(sender: Quart, user: Person) -> None:
        await asyncio.sleep(0)
        session["greeted"] = user.name

    with user_logged_in.connected_to(receive, sender=site.app):
        client = await site.logged_in()

    assert site.session_of(client)["greeted"] == "susan"


async def test_async_receivers_are_called_in_order(site: Site) -> None:
    """Async receivers are called in the order of the signals, each once."""
    order: list[str] = []

    async def logged_out(sender: Quart, user: Person) -> None:
        await asyncio.sleep(0)
        order.append("out")

    async def logged_in(sender: Quart, user: Person) -> None:
        order.append("in")

    @site.app.route("/out-and-in")
    async def out_and_in() -> str:
        from compat import logout_user

        login_user(site.people["1"])
        logout_user()
        login_user(site.people["2"])
        return ""

    with (
        user_logged_in.connected_to(logged_in, sender=site.app),
        user_logged_out.connected_to(logged_out, sender=site.app),
    ):
        await text(site.client(), "/out-and-in")

    assert order == ["in", "out", "in"]


async def test_async_receivers_may_cause_signals(site: Site) -> None:
    """If a receiver causes signals by reading the user, their receivers are awaited, too."""
    seen: list[str] = []

    async def on_access(sender: Quart) -> None:
        seen.append("accessed")

    async def on_login(sender: Quart, user: Person) -> None:
        assert current_user.name == "susan"
        seen.append("logged in")

    with (
        user_logged_in.connected_to(on_login, sender=site.app),
        user_accessed.connected_to(on_access, sender=site.app),
    ):
        client = await site.logged_in()
        await text(client, "/whoami")

    assert seen == ["logged in", "accessed"]


async def test_receivers_of_websockets_are_awaited(site: Site) -> None:
    """Async receivers of websockets are awaited, at the latest when the websocket ends, and may read the user."""
    seen: list[str] = []

    async def on_access(sender: Quart) -> None:
        await asyncio.sleep(0)
        seen.append(f"{current_user.name} on {websocket.path}")

    @site.app.websocket("/ws")
    async def socket() -> None:
        await websocket.send(current_user.name)

    client = LoginClient(site.app, user=site.people["1"])
    with user_accessed.connected_to(on_access, sender=site.app):
        async with client.websocket("/ws") as connection:
            assert await connection.receive() == "susan"

    assert seen == ["susan on /ws"]


async def test_async_receivers_of_sync_views_are_awaited(site: Site) -> None:
    """Async receivers of a sync view, which runs in a thread, run on the event loop before the response is sent."""
    seen: list[str] = []

    async def on_login(sender: Quart, user: Person) -> None:
        await asyncio.sleep(0)
        seen.append(user.name)
        session["greeted"] = user.name

    @site.app.route("/sync-log-in")
    def log_in() -> str:
        login_user(site.people["1"])
        return ""

    client = site.client()
    with user_logged_in.connected_to(on_login, sender=site.app):
        await text(client, "/sync-log-in")

    assert seen == ["susan"]
    assert site.session_of(client)["greeted"] == "susan"


async def test_async_receivers_of_sync_websockets_are_awaited(site: Site) -> None:
    """Async receivers of a sync websocket, which runs in a thread, run on the event loop."""
    heard = asyncio.Event()

    async def on_access(sender: Quart) -> None:
        heard.set()

    @site.app.websocket("/sync-ws")
    def socket() -> tuple[str, int]:
        return str(current_user.name), 403

    client = LoginClient(site.app, user=site.people["1"])
    with user_accessed.connected_to(on_access, sender=site.app), pytest.raises(WebsocketResponseError) as answer:
        async with client.websocket("/sync-ws") as connection:
            await connection.receive()

    assert answer.value.response.status_code == 403
    await asyncio.wait_for(heard.wait(), 5)


async def test_receivers_of_user_accessed_may_read_the_user(site: Site) -> None:
    """A receiver of ``user_accessed`` that reads the user gets the user, and is called once."""
    seen: list[str] = []

    def on_access(sender: Quart) -> None:
        seen.append(current_user.name)

    client = LoginClient(site.app, user=site.people["1"])
    with user_accessed.connected_to(on_access, sender=site.app):
        assert await text(client, "/whoami") == "susan"

    assert seen == ["susan"]


async def test_the_signal_of_the_source_is_sent_before_user_loaded(site: Site) -> None:
    """``user_loaded`` is sent whatever the source, after the signal that names it."""

    @site.manager.request_loader
    async def by_key(request: Any) -> Person | None:
        return site.people["2"] if "X-Api-Key" in request.headers else None

    client = await site.logged_in("remember=1")
    with listening(site.app) as heard:
        await text(client, "/whoami")
        close_browser(client)
        await text(client, "/whoami")
        await text(site.client(), "/whoami", headers={"X-Api-Key": "x"})
        await text(site.client(), "/whoami")

    assert names(heard) == [
        *("user_accessed", "user_loaded"),
        *("user_accessed", "user_loaded_from_cookie", "user_loaded"),
        *("user_accessed", "user_loaded_from_request", "user_loaded"),
        *("user_accessed",),
    ]


@pytest.mark.parametrize("signal", [user_loaded, user_loaded_from_cookie])
async def test_receivers_see_the_user_as_current(site: Site, signal: Any) -> None:
    """While the signals of a load are sent, ``current_user`` and the session have that user."""
    seen: list[tuple[str, str]] = []

    def receive(sender: Quart, user: Person) -> None:
        seen.append((current_user.name, session["_user_id"]))

    client = await site.logged_in("remember=1")
    close_browser(client)
    with signal.connected_to(receive, sender=site.app):
        await text(client, "/whoami")

    assert seen == [("susan", "1")]


async def test_other_applications_are_not_disturbed(site: Site) -> None:
    """Receivers connected to one application are not called for another."""
    other = Site()

    with listening(site.app) as heard:
        await other.logged_in()

    assert heard == []
    assert user_loaded_from_request.name == "loaded-from-request"


@pytest.mark.parametrize("kind", ["request", "websocket"])
async def test_receivers_that_do_not_look_async_are_awaited(site: Site, kind: str) -> None:
    """An object with an async ``__call__``, and a function that returns a coroutine, are async receivers, too."""
    heard: list[str] = []

    @site.app.websocket("/ws")
    async def socket() -> None:
        await websocket.send(current_user.name)

    class Listener:
        async def __call__(self, sender: Quart, **_: Any) -> None:
            heard.append("object")

    async def note() -> None:
        heard.append("lambda")

    listener, function = Listener(), lambda _sender, **_: note()
    with user_accessed.connected_to(listener, sender=site.app), user_accessed.connected_to(function, sender=site.app):
        client = LoginClient(site.app, user=site.people["1"])
        if kind == "request":
            await client.get("/whoami")
        else:
            async with client.websocket("/ws") as connection:
                assert await connection.receive() == "susan"

    assert sorted(heard) == ["lambda", "object"]
