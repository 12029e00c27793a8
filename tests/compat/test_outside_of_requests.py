"""The user in contexts that are pushed by hand, and outside of them."""

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
    Site,
)


async def test_async_loader_has_to_be_awaited_in_a_pushed_context() -> None:
    """Where no hook has run, reading the user is an error; after ``await load_user()`` it works."""
    site = Site()
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"

        with pytest.raises(UserNotLoaded, match=r"Await compat\.load_user"):
            _ = current_user.name
        assert (await load_user()).name == "susan"
        assert current_user.name == "susan"


async def test_sync_loader_works_at_once_in_a_pushed_context() -> None:
    """A sync loader needs no hook and no ``load_user()``."""
    site = Site("sync")
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"

        assert current_user.name == "susan"


async def test_visitors_need_no_loading_in_a_pushed_context() -> None:
    """In a pushed context without a login, reading the user works without ``load_user()``."""
    site = Site()
    async with site.app.test_request_context("/"):
        assert current_user.is_anonymous
        assert login_user(site.people["1"])
        assert current_user.name == "susan"


async def test_load_user_outside_of_requests_is_an_error() -> None:
    """``load_user()`` outside of a request is an error."""
    with pytest.raises(RuntimeError):
        await load_user()


async def test_current_user_outside_of_requests_is_none() -> None:
    """Outside of a request ``current_user`` is false and equal to None, as in Flask-Login."""
    site = Site()

    assert not current_user
    async with site.app.app_context():
        assert current_user == None  # noqa: E711  # the proxy is not None itself


async def test_attributes_outside_of_requests_name_the_way_out() -> None:
    """Outside of a request an attribute is an error that names it and the way out; ``hasattr`` is false, as of None."""
    site = Site()

    for _ in range(2):
        with pytest.raises(compat.NoCurrentUser, match=r"^current_user\.id was read outside .* pass its value"):
            _ = current_user.id
        assert not hasattr(current_user, "id")
    async with site.app.app_context():
        with pytest.raises(AttributeError, match=r"current_user\.name was read outside"):
            _ = current_user.name
