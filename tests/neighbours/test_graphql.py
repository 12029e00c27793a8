"""What docs/extensions.md says of strawberry-graphql."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient
from quart.testing.connections import WebsocketResponseError

from compat import current_user, login_required
from tests.neighbours.conftest import susan

#: Quart's test client (0.22, 0.23) drops its argument ``subprotocols``.
PROTOCOL = {"subprotocols": ["graphql-transport-ws"]}


@pytest.fixture
def view() -> Callable[..., Any]:
    """A view with a field for everybody, one behind a permission, one behind a decorator, and a subscription."""
    import strawberry
    from strawberry.permission import BasePermission
    from strawberry.quart.views import GraphQLView

    class LoggedIn(BasePermission):
        message = "Log in."

        def has_permission(self, source: Any, info: Any, **kwargs: Any) -> bool:
            return bool(current_user.is_authenticated)

    def name() -> str:
        return f"{current_user.get_id()}"

    async def name_of_user() -> str:
        return str(await login_required(name)())

    async def one_name() -> AsyncGenerator[str, None]:
        yield name()

    @strawberry.type
    class Query:
        open: str = strawberry.field(resolver=name)
        closed: str = strawberry.field(resolver=name, permission_classes=[LoggedIn])
        decorated: str = strawberry.field(resolver=name_of_user)

    @strawberry.type
    class Subscription:
        names: str = strawberry.subscription(resolver=one_name)

    schema = strawberry.Schema(Query, subscription=Subscription)
    view: Callable[..., Any] = GraphQLView.as_view("graphql", schema=schema)
    return view


def add(app: Quart, view: Callable[..., Any]) -> None:
    """Serve it over http and over websockets."""
    app.add_url_rule("/graphql", endpoint="graphql", view_func=view, methods=["GET", "POST"])
    app.add_url_rule("/graphql", endpoint="socket", view_func=view, methods=["GET"], websocket=True)


async def ask(client: QuartClient, query: str) -> Any:
    """The answer to a query."""
    response = await client.post("/graphql", json={"query": query})
    return await response.get_json() if response.status_code == 200 else response.status_code


async def test_a_closed_graph(app: Quart, view: Callable[..., Any]) -> None:
    """``login_required`` around the view closes queries and the websocket, and resolvers have the user."""
    add(app, login_required(view))

    assert await ask(QuartClient(app), "{ open }") == 302
    assert (await ask(susan(app), "{ open }"))["data"] == {"open": "susan"}
    with pytest.raises(WebsocketResponseError) as refused:
        async with QuartClient(app).websocket("/graphql", scope_base=PROTOCOL) as connection:
            await connection.receive()
    assert refused.value.response.status_code == 401
    async with susan(app).websocket("/graphql", scope_base=PROTOCOL) as connection:
        await connection.send_json({"type": "connection_init"})
        assert await connection.receive_json() == {"type": "connection_ack"}
        await connection.send_json({"id": "1", "type": "subscribe", "payload": {"query": "subscription { names }"}})
        assert (await connection.receive_json())["payload"]["data"] == {"names": "susan"}


async def test_closed_fields(app: Quart, view: Callable[..., Any]) -> None:
    """A permission refuses a visitor as an error of the field; a decorated resolver returns a response as the value."""
    add(app, view)
    visitor = QuartClient(app)

    refused = await ask(visitor, "{ closed }")

    assert (refused["data"], refused["errors"][0]["message"]) == (None, "Log in.")
    assert (await ask(susan(app), "{ closed }"))["data"] == {"closed": "susan"}
    assert "Response" in (await ask(visitor, "{ decorated }"))["data"]["decorated"]
