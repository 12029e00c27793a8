"""Fresh logins: which logins are fresh, and for how long."""

from datetime import timedelta
from typing import Any

import pytest
from quart import session

from compat import ConfigurationError, LoginClient, login_user

from .conftest import Clock
from .site import Site, close_browser, error, listening, names, set_cookies, text


async def test_a_login_is_fresh(site: Site) -> None:
    """A new login is let into views that need a fresh login."""
    client = await site.logged_in()

    assert await text(client, "/fresh") == "True"
    assert await text(client, "/private") == "just you, susan"


async def test_a_login_may_begin_stale(site: Site) -> None:
    """``fresh=False`` makes a login that is not fresh."""
    client = await site.logged_in("stale=1")

    assert await text(client, "/fresh") == "False"
    assert (await client.get("/private")).status_code == 401


async def test_a_remembered_login_is_stale(site: Site) -> None:
    """A user who returns by the remember cookie is logged in, but not fresh."""
    client = await site.logged_in("remember=1")
    close_browser(client)

    assert await text(client, "/members") == "welcome susan"
    assert await text(client, "/fresh") == "False"
    assert (await client.get("/private")).status_code == 401


async def test_confirming_makes_fresh(site: Site) -> None:
    """``confirm_login`` makes a login fresh and sends its signal."""
    client = await site.logged_in("remember=1")
    close_browser(client)
    await text(client, "/whoami")

    with listening(site.app) as heard:
        await text(client, "/confirm")

    assert names(heard) == ["user_login_confirmed"]
    assert await text(client, "/private") == "just you, susan"


async def test_a_visitor_is_not_fresh(site: Site) -> None:
    """An anonymous visitor has no fresh login."""
    assert await text(site.client(), "/fresh") == "False"


# --- with a maximum age


@pytest.mark.parametrize("duration", [timedelta(minutes=10), 600, 600.0])
@pytest.mark.parametrize(("seconds", "fresh"), [(599, "True"), (600, "True"), (601, "False")])
async def test_freshness_ends(clock: Clock, duration: Any, seconds: int, fresh: str) -> None:
    """After ``FRESH_LOGIN_DURATION`` seconds a login is stale, but still a login."""
    site = Site(FRESH_LOGIN_DURATION=duration)
    client = await site.logged_in()

    clock.shift(seconds)

    assert await text(client, "/fresh") == fresh
    assert await text(client, "/whoami") == "susan"


async def test_confirming_begins_anew(clock: Clock) -> None:
    """``confirm_login`` makes a login fresh for another ``FRESH_LOGIN_DURATION``."""
    site = Site(FRESH_LOGIN_DURATION=600)
    client = await site.logged_in()
    clock.shift(1000)

    await text(client, "/confirm")

    clock.shift(600)
    assert await text(client, "/fresh") == "True"
    clock.shift(1)
    assert await text(client, "/fresh") == "False"


async def test_without_a_maximum_freshness_does_not_end(clock: Clock, site: Site) -> None:
    """Without a maximum a login is fresh as long as its session lasts, and the session has no timestamp."""
    client = await site.logged_in()
    assert set(site.session_of(client)) == {"_user_id", "_fresh", "_id"}

    clock.shift(timedelta(days=30))

    assert await text(client, "/fresh") == "True"


async def test_a_login_of_unknown_age_is_stale_where_there_is_a_maximum(site: Site) -> None:
    """With a maximum a session of Flask-Login is stale, because it has no timestamp."""
    client = await site.logged_in()
    site.app.config["FRESH_LOGIN_DURATION"] = 600

    assert await text(client, "/fresh") == "False"


async def test_logging_out_forgets_the_age(clock: Clock) -> None:
    """A logout removes every key of the login from the session, the timestamp included."""
    site = Site(FRESH_LOGIN_DURATION=600)
    client = await site.logged_in()

    await text(client, "/logout")

    assert site.session_of(client) == {}


async def test_a_maximum_that_is_none_is_an_error() -> None:
    """An invalid ``FRESH_LOGIN_DURATION`` is an error with the value and the way out."""
    site = Site(FRESH_LOGIN_DURATION="ten minutes")
    client = site.client()

    found = await error(client, "/login")

    assert isinstance(found, ConfigurationError)
    assert "FRESH_LOGIN_DURATION = 'ten minutes'" in str(found)


async def test_a_maximum_that_is_none_logs_nobody_in() -> None:
    """With an invalid ``FRESH_LOGIN_DURATION`` the session gets no login, even if the view handles the error."""
    site = Site(FRESH_LOGIN_DURATION="ten minutes")

    async with site.app.test_request_context("/"):
        with pytest.raises(ConfigurationError):
            login_user(site.people["1"])

        assert dict(session) == {}


async def test_nothing_is_confirmed_while_the_loader_fails(site: Site) -> None:
    """While the loader fails, ``confirm_login`` does not change the login."""
    client = LoginClient(site.app, user=site.people["1"], fresh_login=False)
    site.fault = RuntimeError("no database")

    response = await client.get("/confirm")

    assert response.status_code == 500
    assert set_cookies(response) == {}
