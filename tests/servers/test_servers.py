"""Each row of docs/servers.md, on the server itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks
from tests.servers.application import note_start
from tests.servers.conftest import REQUIREMENTS
from tests.servers.running import (
    COMMANDS,
    EXIT_TIMEOUT,
    PREFIX_OPTIONS,
    Running,
    ask,
    leave,
    open_websocket,
    serve,
    start,
)
from tests.serving.server import Browser, wait_until

PAGE = DOCS / "servers.md"
#: The rows of the page's first table: what is said of each server.
ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.read_text().partition("## ")[0].splitlines()
    if line.startswith("| ") and (cells := [cell.strip() for cell in line.strip("| ").split("|")])[0] in COMMANDS
}


TRIO = ("hypercorn", "--worker-class", "trio", "--bind", "127.0.0.1:{port}")


def messages() -> list[str]:
    """The messages that the page shows, each on one line."""
    return [" ".join(block.code.split()) for block in blocks(PAGE, "text")]


@pytest.fixture(params=sorted(COMMANDS), scope="module")
def server(
    request: pytest.FixtureRequest, programs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Each of the servers, with the application."""
    with serve(programs, tmp_path_factory.mktemp("log") / request.param, request.param) as running:
        yield running


@pytest.fixture
def row(request: pytest.FixtureRequest) -> list[str]:
    """What the page says of the server."""
    return ROWS[request.node.callspec.params["server"]]


def test_version(server: Running, row: list[str]) -> None:
    """The page names the version that is tested."""
    pinned = dict(line.split("==") for line in REQUIREMENTS.read_text().splitlines() if "==" in line)

    assert row[0] == pinned[Path(str(server.process.args[0])).name]  # type: ignore[index]  # a list, as started


def test_login(server: Running) -> None:
    """A visitor is sent to log in, and after the login sees the page."""
    browser = Browser(server.port)
    assert ask(server, "GET", "/members").location == "/login?next=%2Fmembers"

    assert browser.request("POST", "/login")[0] == 302

    assert browser.get("/members") == (200, "susan")
    del browser.cookies["session"]
    assert browser.get("/members") == (200, "susan"), "the remember cookie"


def test_before_serving(server: Running, row: list[str]) -> None:
    """Whether the functions of ``before_serving`` run."""
    assert row[1] == ("yes" if "started" in server.seen()["events"] else "no")


def test_websocket(server: Running, row: list[str]) -> None:
    """With what a visitor's websocket is refused, and whether a user's is accepted."""
    browser = Browser(server.port)
    browser.request("POST", "/login")
    before = server.log.read_text()

    refused, accepted = open_websocket(server), open_websocket(server, browser.cookies)

    assert row[2] == f"{refused}"
    logged = server.log.read_text().removeprefix(before)
    assert ("Traceback" in logged) == (server.log.name in {"granian", "daphne"})
    assert accepted == (500 if refused == 500 else 101)


def test_head(server: Running, row: list[str]) -> None:
    """HEAD is answered like GET, without a body."""
    got, head = ask(server, "GET", "/members"), ask(server, "HEAD", "/members")

    assert row[3] == ("as GET" if (head.status, head.location) == (got.status, got.location) else f"{head.status}")


def test_a_client_that_leaves(server: Running, row: list[str]) -> None:
    """Whether the view of a client that has left is cancelled."""
    leave(server, "/slow")

    with suppress(AssertionError):
        wait_until(lambda: "cancelled" in server.seen()["events"])
    assert row[4] == ("cancelled" if "cancelled" in server.seen()["events"] else "runs on")


def test_address(server: Running, row: list[str]) -> None:
    """``remote_addr`` is the address of the client's connection."""
    assert row[5] == ("of the connection" if server.seen()["address"] == "127.0.0.1" else "another")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_prefix(name: str, programs: Path, tmp_path: Path) -> None:
    """Which paths the server expects behind a proxy, whose redirects then have the prefix."""
    option = PREFIX_OPTIONS.get(name, "--root-path")
    with serve(programs, tmp_path / "log", name, option, "/app") as running:
        answers = {how: ask(running, "GET", path) for how, path in (("kept", "/app/members"), ("stripped", "/members"))}

    right = [how for how, answer in answers.items() if answer.location == "/app/login?next=%2Fapp%2Fmembers"]
    assert ROWS[name][6] == f"`{option}`, {right[0]}"
    assert len(right) == 1
    assert {answer.status for answer in answers.values()} == {302, 404}


def test_quart_trio_is_served(programs: Path, tmp_path: Path) -> None:
    """An application of Quart-Trio on Hypercorn's trio worker: a stranger is refused, and a user is let in."""
    application = "tests.servers.trio_application:app"
    with start(programs, tmp_path / "log", TRIO, application=application) as running:
        wait_until(running.is_listening)
        browser = Browser(running.port)
        strangers = browser.get("/members")[0], open_websocket(running)
        browser.request("POST", "/login")
        users = browser.get("/members"), open_websocket(running, browser.cookies)

    assert strangers == (401, 401)
    assert users == ((200, "susan"), 101)


def test_trio_does_not_start(programs: Path, tmp_path: Path) -> None:
    """An application of Quart on Hypercorn's trio worker ends at the start, with the sentence of the page."""
    with start(programs, tmp_path / "log", TRIO) as server:
        server.process.wait(EXIT_TIMEOUT)

    assert messages()[0] in server.log.read_text()


def test_the_missing_start(server: Running, row: list[str]) -> None:
    """A server that does not start the application has the sentence of the page in its log, once; others do not."""
    for _ in range(2):
        server.seen()

    shown = messages()[1].replace("create_tables", note_start.__name__)
    assert server.log.read_text().count(shown) == (1 if row[1] == "no" else 0)


@pytest.mark.parametrize("name", ["started", "not_started"])
def test_a_mounted_application(name: str, programs: Path, tmp_path: Path) -> None:
    """In another framework's application it has the mount's prefix, and has to be started by that application."""
    with start(programs, tmp_path / "log", COMMANDS["uvicorn"], application=f"tests.servers.mounted:{name}") as running:
        wait_until(running.is_listening)
        answer = ask(running, "GET", "/app/members")

    assert answer.location == "/app/login?next=%2Fapp%2Fmembers"
    assert (note_start.__name__ in running.log.read_text()) == (name == "not_started")


def test_daphne(programs: Path, tmp_path: Path) -> None:
    """With the function of the page daphne starts the application, and accepts a user's websocket alone."""
    (code,) = (block.code for block in blocks(PAGE, "python"))
    (tmp_path / "for_daphne.py").write_text(code)
    with start(
        programs, tmp_path / "log", COMMANDS["daphne"], application="for_daphne:asgi", folder=tmp_path
    ) as running:
        wait_until(running.is_listening)
        browser = Browser(running.port)
        status = browser.request("POST", "/login")[0]
        refused, accepted = open_websocket(running), open_websocket(running, browser.cookies)

    assert (status, refused, accepted) == (200, 403, 101)
    assert "has not started" not in running.log.read_text()
