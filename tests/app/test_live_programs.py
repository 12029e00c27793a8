"""The websocket as programs meet it: why it is refused, and that it is what its AsyncAPI document says."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import Any

import jsonschema_rs
import pytest

from quart_app.application import Application
from quart_app.defences.hosts import AllowedHosts
from quart_app.live.hub import Hub, current_hub
from quart_app.live.messages import NAMES_SHOWN
from quart_app.live.people import Person
from quart_app.live.sockets import Advice, Close
from quart_app.server_stop import current_server_stop
from tests.app.online import online
from tests.app.program import Program
from tests.app.tab import OURS, Closed, Refused, open_tab, refused_answer
from tests.app.test_faults import broken
from tests.app.visitor import Visitor

JSON = "application/problem+json"


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the programs see the same with either database."""
    return migrated_sqlite_url


@pytest.fixture
async def document(app: Application) -> Any:
    """The AsyncAPI document."""
    return (await Program(app).send("GET", "/asyncapi.json")).json


def problem_of(refused: Refused) -> Any:
    """The problem details of a refusal."""
    assert refused.headers["Content-Type"] == JSON
    problem = json.loads(refused.text)
    assert problem["status"] == refused.status
    return problem


# --- refusals


@pytest.mark.parametrize("subprotocols", [[], ["bearer"], ["graphql-ws"], ["bearer", "x", "more"]])
async def test_without_a_login(visitor: Visitor, queries: list[str], subprotocols: list[str]) -> None:
    """A program without a token, or with subprotocols that are none, is told to log in: 401, without a query."""
    refused = await refused_answer(visitor, origin=None, subprotocols=subprotocols)
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert problem_of(refused)["type"] == "/api/v1/docs#login-required"
    assert queries == []


@pytest.mark.parametrize(
    "sent",
    [
        {"authorization": "Bearer x", "origin": None},
        {"authorization": "Bearer x", "origin": "https://evil.test"},
        {"subprotocols": ["bearer", "x"], "origin": None},
    ],
)
async def test_with_an_invalid_token(visitor: Visitor, sent: dict[str, Any]) -> None:
    """A program with an invalid token is told so: 401. It has a header that no page can send, or no ``Origin``."""
    refused = await refused_answer(visitor, **sent)
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')
    assert problem_of(refused)["type"] == "/api/v1/docs#token-invalid"


async def test_a_token_beside_other_subprotocols(bearer_program: Program, visitor: Visitor) -> None:
    """Of subprotocols that are not the token's none is chosen, and they do not keep a token from opening it."""
    authorization = f"Bearer {bearer_program.token}"
    async with open_tab(visitor, origin=None, authorization=authorization, subprotocols=["graphql-ws"]) as tab:
        assert (await tab.names(), tab.subprotocol) == (["susan"], None)


async def test_cookies_without_origin(user: Visitor) -> None:
    """A program that sends cookies without ``Origin`` is told what to send: 403."""
    refused = await refused_answer(user, origin=None)
    assert refused.status == 403
    assert "bearer token" in problem_of(refused)["detail"]


async def test_unknown_host(bearer_program: Program, visitor: Visitor, app: Application) -> None:
    """Under an unknown name of the site it is 400, by problem details; a page gets a line of text."""
    served: Any = AllowedHosts(app.asgi_app, ["example.com"])
    visitor.app.asgi_app = served  # type: ignore[method-assign]
    authorization = f"Bearer {bearer_program.token}"
    refused = await refused_answer(visitor, origin=None, authorization=authorization)
    assert (refused.status, "under that name" in problem_of(refused)["detail"]) == (400, True)
    refused = await refused_answer(visitor, origin=OURS)
    assert (refused.status, refused.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


async def test_unknown_address(bearer_program: Program, visitor: Visitor) -> None:
    """An unknown address is 404."""
    refused = await refused_answer(
        visitor, origin=None, path="/live/nowhere", authorization=f"Bearer {bearer_program.token}"
    )
    assert (refused.status, problem_of(refused)["type"]) == (404, "about:blank")


async def test_a_handshake_that_a_proxy_has_spoilt(app: Application) -> None:
    """A request without ``Upgrade`` is told what is missing: 426, a problem for pages and programs alike."""
    answer = await app.test_client().get("/live/ws")
    assert (answer.status_code, answer.headers["Content-Type"]) == (426, JSON)
    assert (answer.headers["Upgrade"], answer.headers["Connection"]) == ("websocket", "Upgrade")
    assert "a proxy does not pass on Upgrade" in (await answer.get_json())["detail"]


async def test_busy_and_unavailable(bearer_program: Program, visitor: Visitor, app: Application) -> None:
    """Too many websockets are 429, a fault of the database and a stopping server 503: all say when to come again."""
    sent: dict[str, Any] = {"origin": None, "authorization": f"Bearer {bearer_program.token}"}
    async with AsyncExitStack() as open_sockets:
        for _ in range(app.settings.live_sockets_per_user):
            await (await open_sockets.enter_async_context(open_tab(visitor, **sent))).names()
        many = await refused_answer(visitor, **sent)
    with broken(OSError("connection refused")):
        fault = await refused_answer(visitor, **sent)
    current_server_stop.of(app).announce()
    stopping = await refused_answer(visitor, **sent)
    assert (many.status, fault.status, stopping.status) == (429, 503, 503)
    for refused in (many, fault, stopping):
        assert problem_of(refused)
        assert int(refused.headers["Retry-After"]) > 0


async def test_error_of_the_server(bearer_program: Program, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error before the websocket is accepted is 500, and its text is not told."""

    def fail(*_: Any) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr(Hub, "add", fail)
    refused = await refused_answer(visitor, origin=None, authorization=f"Bearer {bearer_program.token}")
    assert refused.status == problem_of(refused)["status"] == 500
    assert "secret" not in refused.text


async def test_pages_are_refused_by_a_line_of_text(user: Visitor) -> None:
    """The refusals of pages are text: of a stranger, of another site, and of a wrong token as a subprotocol."""
    evil = "https://evil.test"
    for refused in (
        await refused_answer(Visitor(user.app), origin=OURS),
        await refused_answer(user, origin=evil),
        await refused_answer(user, origin=OURS, subprotocols=["bearer", "x"]),
    ):
        assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert refused.text.count("\n") == 1


@pytest.mark.parametrize("origin", [OURS, None])
async def test_a_server_without_the_extension(visitor: Visitor, origin: str | None) -> None:
    """A server that cannot answer a handshake is told to close it, which is 403 for the client."""
    async with open_tab(visitor, origin=origin, can_refuse=False) as tab:
        with pytest.raises(Closed):
            await tab.news()


# --- the document


async def test_what_is_sent_is_what_is_described(
    bearer_program: Program, visitor: Visitor, app: Application, document: Any
) -> None:
    """Every message has the described fields and no others: for one user, and for more than it holds names of."""
    schema = document["components"]["schemas"]["Online"]
    is_described = jsonschema_rs.validator_for({**schema, "additionalProperties": False})
    async with open_tab(visitor, origin=None, authorization=f"Bearer {bearer_program.token}") as tab:
        first = await tab.news()
        async with AsyncExitStack() as crowd:
            for number in range(NAMES_SHOWN + 1):
                crowd.enter_context(online(current_hub.of(app), Person(1000 + number, f"Zoë {number}")))
            second = await tab.news()
    assert (first, second["count"], len(second["names"])) == ({"count": 1, "names": ["susan"]}, 102, 100)
    for message in (first, second):
        is_described.validate(message)
    for wrong in ({**first, "more": 1}, {"count": 1}, {**first, "count": "1"}, {**first, "names": [1]}):
        assert not is_described.is_valid(wrong)


async def test_the_document_names_this_server(app: Application, document: Any) -> None:
    """It has the address, the scheme and the mount at which it was requested, and the real limits and security."""
    assert document["servers"]["this"]["host"] == "localhost"
    assert (document["servers"]["this"]["protocol"], document["servers"]["this"]["pathname"]) == ("ws", "/")
    client = app.test_client()
    answer = await client.get("/sub/api/v1/asyncapi.json", scheme="https", root_path="/sub")
    server = (await answer.get_json())["servers"]["this"]
    assert (server["protocol"], server["pathname"]) == ("wss", "/sub")

    (channel,) = document["channels"].values()
    rules = [rule for rule in app.url_map.iter_rules() if rule.websocket]
    assert [rule.rule for rule in rules] == [channel["address"]]
    assert channel["x-limits"]["sockets-per-user-and-worker"] == app.settings.live_sockets_per_user
    assert document["components"]["securitySchemes"]["cookie"]["name"] == app.config["SESSION_COOKIE_NAME"]


async def test_each_close_code_is_described(document: Any) -> None:
    """Each code of the server is described, with what the client should do: which is one thing for each code."""
    (channel,) = document["channels"].values()
    described = channel["x-close-codes"]
    assert {str(close.code) for close in Close} == described.keys() - {"1009", "default"}
    for close in Close:
        assert described[str(close.code)]["client"] == close.advice
        assert close.reason in described[str(close.code)]["reason"]
    assert {entry["client"] for entry in described.values()} == set(Advice)


async def test_the_document_is_for_everybody(program: Program, visitor: Visitor, queries: list[str]) -> None:
    """It needs no login and no query, and the documentation of the API leads to it."""
    assert (await program.send("GET", "/asyncapi.json")).headers["Content-Type"] == "application/json"
    assert queries == []
    page = await visitor.get("/api/v1/docs")
    assert 'href="/api/v1/asyncapi.json"' in page.text
    assert 'id="websocket"><code>ws://localhost/live/ws</code>' in page.text
