"""The application of recipes.md does what the page says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from compat import LoginClient
from tests.docs.pages import DOCS, programs

pytestmark = pytest.mark.quick


@pytest.fixture
def example() -> Iterator[Any]:
    """The application of the page."""
    with programs(DOCS / "recipes.md") as (made,):
        yield made


def client(example: Any, name: str | None, **login: bool) -> LoginClient:
    """The browser of a user, or of a visitor."""
    return LoginClient(example.app, user=name and example.USERS[name], **login)


async def test_closed_accounts(example: Any) -> None:
    """Closed accounts cannot log in and are logged out at once."""
    assert (await client(example, None).post("/login", form={"name": "eve"})).status_code == 403

    susan = client(example, None)
    assert (await susan.post("/login", form={"name": "susan"})).location == "/articles"
    assert (await susan.get("/articles")).status_code == 200
    example.USERS["susan"].closed = True
    assert (await susan.get("/articles")).status_code == 302


@pytest.mark.parametrize(("name", "status"), [("susan", 200), ("john", 403), (None, 302)])
async def test_roles(example: Any, name: str | None, status: int) -> None:
    """Users with the role are let in; others are refused, and visitors sent to log in."""
    assert (await client(example, name).get("/edit")).status_code == status


async def test_keys_open_the_api(example: Any) -> None:
    """An API key logs in; without one, or with that of a closed account, the response is JSON."""
    for key, status in (("john's key", 200), ("eve's key", 401), ("", 401)):
        answer = await client(example, None).get("/api/me", headers={"X-API-Key": key})
        assert answer.status_code == status
        assert "Set-Cookie" not in answer.headers
    assert await (await client(example, "susan").get("/api/me")).get_json() == {"name": "susan"}


async def test_a_key_is_not_fresh(example: Any) -> None:
    """A key is not a fresh login."""
    answer = await client(example, None).get("/delete", headers={"X-API-Key": "john's key"})

    assert answer.location.startswith("/confirm")


async def test_the_password_again(example: Any) -> None:
    """A stale login is redirected to the confirmation, and is fresh afterwards."""
    susan = client(example, "susan", fresh_login=False)

    assert (await susan.get("/delete")).location == "/confirm?next=%2Fdelete"
    assert (await susan.post("/confirm")).location == "/delete"
    assert (await susan.get("/delete")).status_code == 200


async def test_work_in_the_background(example: Any) -> None:
    """A background task has its user after the request has ended."""
    async with example.app.test_app():
        assert (await client(example, "susan").post("/report")).status_code == 202

    assert example.sent == ["susan"]


def test_a_command_may_await(example: Any) -> None:
    """The command runs on an event loop of its own."""
    done = example.app.test_cli_runner().invoke(args=["close", "susan"])

    assert done.output == "susan is closed.\n"
    assert example.USERS["susan"].closed
