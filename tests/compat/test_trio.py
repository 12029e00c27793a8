"""On Trio, with Quart-Trio: what differs between event loops. tests/parity plays its stories there, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
import trio.lowlevel
from quart import websocket
from quart.testing import WebsocketResponseError
from quart_trio import QuartTrio

from compat import (
    LoginManager,
    UnsupportedEventLoop,
    UserMixin,
    UserNotLoaded,
    current_user,
    load_user,
    login_required,
    login_user,
    user_accessed,
    user_logged_in,
)


class Person(UserMixin):
    id = "ada"


class Site:
    """An application on Trio, with the ids that its loader was called for."""

    def __init__(self) -> None:
        self.app = QuartTrio(__name__)
        self.app.secret_key = "for this test"
        self.manager = LoginManager(self.app)
        self.manager.user_loader(self.load)
        self.loads: list[str] = []

        @self.app.get("/login")
        async def login() -> str:
            return str(login_user(Person()))

        @self.app.websocket("/live")
        @login_required
        async def live() -> None:
            await websocket.send(str(current_user.id))

    async def load(self, user_id: str) -> Person:
        self.loads.append(user_id)
        await trio.lowlevel.checkpoint()
        return Person()

    def run(self, visit: Callable[[Any], Awaitable[None]]) -> None:
        """Start the application on Trio, and visit it with a client."""

        async def main() -> None:
            async with self.app.test_app() as running, trio.open_nursery() as nursery:
                self.app.nursery = nursery  # for background tasks, as while a server runs it
                await visit(running.test_client())

        trio.run(main)


@pytest.fixture
def site() -> Site:
    """An application that is not started yet."""
    return Site()


def test_a_websocket_has_the_user(site: Site) -> None:
    """A websocket of a user is opened with it as ``current_user``, and a stranger's is refused."""

    async def visit(client: Any) -> None:
        async with client.websocket("/live") as stranger:
            with pytest.raises(WebsocketResponseError) as refused:
                await stranger.receive()
        assert refused.value.response.status_code == 401
        await client.get("/login")
        async with client.websocket("/live") as socket:
            assert await socket.receive() == "ada"

    site.run(visit)


def test_tasks_that_ask_at_once_share_one_load(site: Site) -> None:
    """Tasks of a request that need the user at the same time wait for one call of the loader."""
    seen: list[str] = []

    async def ask() -> None:
        seen.append((await load_user()).id)

    async def visit(client: Any) -> None:
        await client.get("/login")
        context = site.app.test_request_context("/", headers={"Cookie": _cookies(client)})
        async with context, trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(ask)

    site.run(visit)

    assert seen == ["ada"] * 3
    assert site.loads == ["ada"]


def test_a_loader_that_needs_its_own_user_is_told(site: Site) -> None:
    """A loader that asks for the user that it loads gets an error instead of waiting for itself."""
    errors: list[type[BaseException]] = []

    @site.manager.user_loader
    async def load(user_id: str) -> Person:
        try:
            await load_user()
        except UserNotLoaded as error:
            errors.append(type(error))
        return Person()

    async def visit(client: Any) -> None:
        await client.get("/login")
        await client.get("/login")

    site.run(visit)

    assert errors == [UserNotLoaded]


def test_async_receivers_are_awaited(site: Site) -> None:
    """They are awaited before the response is sent; in a websocket in the background, and may read the user."""
    heard: list[str] = []
    is_heard = trio.Event()

    async def hear_login(_app: QuartTrio, user: Person) -> None:
        await trio.lowlevel.checkpoint()
        heard.append(f"login of {user.id}")

    async def hear_access(_app: QuartTrio) -> None:
        await trio.lowlevel.checkpoint()
        heard.append(f"access to {current_user.id}")
        is_heard.set()

    async def visit(client: Any) -> None:
        await client.get("/login")
        assert heard == ["login of ada"]
        with user_accessed.connected_to(hear_access, site.app):
            async with client.websocket("/live") as socket:
                await socket.receive()
                with trio.fail_after(10):
                    await is_heard.wait()

    with user_logged_in.connected_to(hear_login, site.app):
        site.run(visit)

    assert heard == ["login of ada", "access to ada"]


async def test_quart_trio_on_asyncio_says_so_at_the_start(site: Site) -> None:
    """On asyncio an application of Quart-Trio does not start, and names the way out."""
    with pytest.raises(UnsupportedEventLoop, match="worker class trio"):
        await site.app.startup()


def _cookies(client: Any) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookie_jar)
