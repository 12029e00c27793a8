"""After the headers: streamed bodies and background tasks cannot change a login, and can notice that it has ended."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from quart import copy_current_request_context, got_request_exception, request_finished, stream_with_context, websocket
from quart.testing import QuartClient

from compat import (
    HeadersSent,
    confirm_login,
    current_user,
    load_user,
    login_required,
    login_user,
    logout_user,
    user_logged_in,
)

from .site import REMEMBER, Person, Site, cookie, listening, names, put_cookie, set_cookies, text

VERBS = ("login_user", "logout_user", "confirm_login")


def change(site: Site, verb: str) -> object:
    """Call the function of this name."""
    calls: dict[str, Callable[[], object]] = {
        "login_user": lambda: login_user(site.people["2"], remember=True),
        "logout_user": logout_user,
        "confirm_login": confirm_login,
    }
    return calls[verb]()


@pytest.mark.parametrize("verb", VERBS)
async def test_a_streamed_body_cannot_change_the_login(site: Site, verb: str) -> None:
    """Each function raises in a stream, names itself and the way out, and the user stays who it was."""

    @site.app.route("/stream")
    async def stream() -> AsyncIterator[str]:
        @stream_with_context
        async def body() -> AsyncIterator[str]:
            with pytest.raises(HeadersSent, match=rf"{verb}\(\).* in the view"):
                change(site, verb)
            yield current_user.name

        made: AsyncIterator[str] = body()
        return made

    client = await site.logged_in()
    with listening(site.app) as heard:
        assert await text(client, "/stream") == "susan"
    assert {"user_logged_in", "user_logged_out", "user_login_confirmed"}.isdisjoint(names(heard))
    assert await text(client, "/whoami") == "susan"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("start", ["create_task", "add_background_task", "copy_current_request_context"])
async def test_a_background_task_cannot_change_the_login(site: Site, start: str, verb: str) -> None:
    """A task that carries the context of an answered request raises, however it was started."""
    answered, said = asyncio.Event(), list[object]()

    async def work() -> None:
        await answered.wait()
        try:
            said.append(change(site, verb))
        except HeadersSent as error:
            said.append(error)

    tasks: list[Any] = []

    @site.app.route("/start")
    async def begin() -> str:
        if start == "add_background_task":
            site.app.add_background_task(copy_current_request_context(work))
        else:
            tasks.append(
                asyncio.create_task(work() if start == "create_task" else copy_current_request_context(work)())
            )
        return str(current_user.name)

    async with site.app.test_app():
        client = await site.logged_in()
        assert await text(client, "/start") == "susan"
        answered.set()
        await asyncio.gather(*tasks, *site.app.background_tasks)

    assert [type(one) for one in said] == [HeadersSent]
    assert await text(client, "/whoami") == "susan"


async def test_a_task_may_log_in_while_the_view_runs(site: Site) -> None:
    """A task that the view awaits changes the login, because the headers are still open."""

    @site.app.route("/gather")
    async def gather() -> str:
        async def work() -> bool:
            return login_user(site.people["2"])

        return str(await asyncio.gather(asyncio.create_task(work())))

    client = site.client()
    assert await text(client, "/gather") == "[True]"
    assert await text(client, "/whoami") == "henry"


async def test_an_async_receiver_may_change_the_login(site: Site) -> None:
    """Async receivers, which are awaited after the view, run before the headers are complete."""

    async def refuse(_sender: object, user: Person) -> None:
        logout_user()

    client = site.client()
    with user_logged_in.connected_to(refuse, sender=site.app):
        assert await text(client, "/login") == "True"
    assert await text(client, "/whoami") == "nobody"


async def test_the_error_page_of_a_failed_response_may_log_out(site: Site) -> None:
    """If a response fails after all hooks, the page that replaces it has headers of its own."""

    async def fail(_sender: object, **_arguments: object) -> None:
        request_finished.disconnect(fail, sender=site.app)
        raise RuntimeError("no more disk space")

    @site.app.errorhandler(500)
    async def sorry(_error: object) -> tuple[str, int]:
        return str(logout_user()), 500

    client = await site.logged_in("remember=1")
    request_finished.connect(fail, sender=site.app)
    response = await client.get("/whoami")

    assert (response.status_code, await response.get_data(as_text=True)) == (500, "True")
    assert set_cookies(response)[REMEMBER].value == ""
    assert await text(client, "/whoami") == "nobody"


async def test_an_error_without_a_request_is_no_concern(site: Site) -> None:
    """Quart's signal of an error may be sent where there is no request, as by a test or an extension."""
    await got_request_exception.send_async(site.app, exception=RuntimeError())


# --- noticing the end of a login


@pytest.fixture
def watched(site: Site) -> Site:
    """A site with a stream and a websocket that say who the user is, each time after ``site.turn`` was set."""
    turns: asyncio.Queue[Callable[[], object] | None] = asyncio.Queue()
    site.turns = turns  # type: ignore[attr-defined]

    async def watch() -> AsyncIterator[str]:
        while (act := await turns.get()) is not None:
            act()
            user = await load_user(again=True)
            assert user == current_user
            yield f"{user.name if user.is_authenticated else 'nobody'};"

    @site.app.route("/watch")
    @login_required
    async def stream() -> AsyncIterator[str]:
        made: AsyncIterator[str] = stream_with_context(watch)()
        return made

    @site.app.websocket("/watch")
    @login_required
    async def socket() -> None:
        async for name in watch():
            await websocket.send(name)

    return site


def turns(site: Site, *acts: Callable[[], object]) -> None:
    """Have the stream do each act, and then say who the user is."""
    for act in (*acts, None):
        site.turns.put_nowait(act)  # type: ignore[attr-defined]


async def test_a_stream_notices_that_its_login_has_ended(watched: Site) -> None:
    """``load_user(again=True)`` asks the loader each time; once it finds nobody, the user stays anonymous."""
    client = await watched.logged_in()
    susan = watched.people["1"]
    turns(watched, lambda: None, lambda: watched.people.pop("1"), lambda: watched.people.update({"1": susan}))

    with listening(watched.app) as heard:
        assert await text(client, "/watch") == "susan;nobody;nobody;"
    assert names(heard) == ["user_accessed", "user_loaded"]
    assert watched.loads == ["1", "1", "1"]


async def test_a_websocket_notices_it_too(watched: Site) -> None:
    """The same in a websocket."""
    client = await watched.logged_in()
    turns(watched, lambda: None, lambda: watched.people.pop("1"))

    async with client.websocket("/watch") as connection:
        assert [await connection.receive() for _ in range(2)] == ["susan;", "nobody;"]


async def test_an_account_that_is_closed_ends_it(watched: Site) -> None:
    """A user who is found and is inactive is not authenticated."""
    client = await watched.logged_in()
    turns(watched, lambda: watched.people.update({"1": Person("1", "susan", is_active=False)}))

    assert await text(client, "/watch") == "nobody;"


async def test_the_user_is_never_another(watched: Site) -> None:
    """A remember cookie of another user, or an API key, does not take over when the login ends."""
    watched.manager.request_loader(lambda _request: watched.people["2"])
    other = watched.client()
    await text(other, "/login?user=2&remember=1")
    client = await watched.logged_in()
    put_cookie(client, REMEMBER, str(cookie(other, REMEMBER)))
    turns(watched, lambda: watched.people.pop("1"))

    assert await text(client, "/watch") == "nobody;"


async def test_the_error_of_a_loader_is_raised(site: Site) -> None:
    """``load_user(again=True)`` raises what the loader raises, each time, and the user stays who it was."""

    @site.app.route("/again")
    async def again() -> str:
        name = current_user.name
        site.fault = RuntimeError("no database")
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no database"):
                await load_user(again=True)
        return f"{name} {current_user.name}"

    assert await text(await site.logged_in(), "/again") == "susan susan"


async def test_loading_again_writes_nothing(site: Site) -> None:
    """In a view, the session of a user who is gone is not sent again, as when the first load does not find the user."""

    @site.app.route("/again")
    async def again() -> str:
        name = current_user.name
        del site.people["1"]
        await load_user(again=True)
        return f"{name} {current_user.is_authenticated}"

    permanent = site.seal_session({"_user_id": "1", "_fresh": False, "_permanent": True})
    headers = {"Cookie": f"session={permanent}"}
    response = await QuartClient(site.app, use_cookies=False).get("/again", headers=headers)

    assert await response.get_data(as_text=True) == "susan False"
    assert set_cookies(response) == {}
