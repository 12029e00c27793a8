"""What ``current_user`` answers for a user."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from quart import session

import compat
from compat import (
    UserNotLoaded,
    current_user,
    load_user,
    login_user,
)

from .site import (
    Person,
    Site,
    lose_cookie,
    text,
)


async def test_a_missing_attribute_is_the_one_of_the_user() -> None:
    """In a request an unknown attribute is Python's own error, which names the class of the user."""
    site = Site()

    async with site.app.test_request_context("/"):
        await load_user()
        with pytest.raises(AttributeError, match=r"AnonymousUserMixin.* has no attribute 'nickname'") as error:
            _ = current_user.nickname
    assert type(error.value) is AttributeError


@pytest.mark.parametrize("read", [lambda user: user.balance, lambda user: getattr(user, "balance", 0)])
async def test_a_property_that_fails_runs_once(read: Callable[[Any], object]) -> None:
    """A property of the user that raises AttributeError runs once, as in Flask-Login, and its error is raised."""
    site = Site()
    calls = []

    class Customer(Person):
        @property
        def balance(self) -> int:
            calls.append(self.id)
            return self.account.balance  # type: ignore[attr-defined, no-any-return]  # the fault

    async with site.app.test_request_context("/"):
        login_user(Customer("1", "susan"))
        with suppress(AttributeError):
            assert read(current_user) == 0
        with pytest.raises(AttributeError, match="has no attribute 'account'"):
            _ = current_user.balance
        with pytest.raises(AttributeError, match="has no attribute '_nickname'"):  # and no error from before
            _ = current_user._nickname

    assert calls == ["1", "1"]


async def test_anonymous_user_is_made_for_each_request() -> None:
    """``anonymous_user`` may be any factory; it is called once for each request without a user."""
    site = Site()
    made: list[object] = []

    class Guest(compat.AnonymousUserMixin):
        name = "guest"

    def make() -> Guest:
        made.append(object())
        return Guest()

    site.manager.anonymous_user = make

    @site.app.route("/name")
    async def name() -> str:
        return f"{current_user.name} {current_user.name}"

    client = site.client()
    assert await text(client, "/name") == "guest guest"
    assert len(made) == 1
    lose_cookie(client, "session")
    await text(client, "/name")
    assert len(made) == 2


@pytest.mark.parametrize(
    "look",
    [
        lambda: current_user.is_authenticated,
        lambda: bool(current_user),
        lambda: current_user == object(),
        lambda: isinstance(current_user, Person),
        lambda: hasattr(current_user, "name"),
    ],
)
async def test_an_unloaded_user_is_never_taken_for_anonymous(site: Site, look: Callable[[], object]) -> None:
    """Every access before the user is loaded is an error, never false."""
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"
        with pytest.raises(UserNotLoaded):
            look()
