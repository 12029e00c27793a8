"""What docs/extensions.md says of dishka and injector, which read annotations: so they are none of the future here."""

from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from compat import LoginManager, current_user, login_required
from tests.neighbours.conftest import User, susan


class Users(dict[str, User]):
    """The database."""


class Greeting:
    """Something that needs the user."""

    def text(self) -> str:
        return f"Hi, {current_user.get_id()}!"


@pytest.mark.parametrize("above", [True, False])
async def test_dishka(above: bool) -> None:
    """``inject`` works above and below ``login_required``, and the loader in a scope of its own."""
    from dishka import FromDishka, Provider, Scope, make_async_container
    from quart_dishka import QuartDishka, inject

    provider = Provider(scope=Scope.REQUEST)
    provider.provide(lambda: Users(susan=User()), provides=Users)
    provider.provide(Greeting)
    container = make_async_container(provider)
    app = Quart("dishka")
    app.secret_key = "only for this test"
    login_manager = LoginManager[User](app)

    @login_manager.user_loader
    async def load(user_id: str) -> User | None:
        async with container(scope=Scope.REQUEST) as scoped:
            users: Users = await scoped.get(Users)
            return users.get(user_id)

    async def view(greeting: FromDishka[Greeting]) -> Any:
        return greeting.text()

    app.get("/")(inject(login_required(view)) if above else login_required(inject(view)))
    QuartDishka(app, container)

    refused, accepted = await QuartClient(app).get("/"), await susan(app).get("/")

    assert refused.status_code == 401
    assert await accepted.get_data(as_text=True) == "Hi, susan!"


@pytest.mark.parametrize("above", [True, False])
async def test_injector(app: Quart, above: bool) -> None:
    """``inject`` works above and below ``login_required``."""
    from injector import inject
    from quart_injector import wire

    async def view(greeting: Greeting) -> str:
        return greeting.text()

    app.get("/")(inject(login_required(view)) if above else login_required(inject(view)))
    wire(app)

    refused, accepted = await QuartClient(app).get("/"), await susan(app).get("/")

    assert refused.status_code == 302
    assert await accepted.get_data(as_text=True) == "Hi, susan!"
