"""Logging in and out: what is written, kept and told."""

from datetime import timedelta
from typing import Any

import pytest
from quart import session

from compat import (
    DurationError,
    UserContractError,
    current_user,
    load_user,
    login_fresh,
    login_remembered,
    login_user,
    logout_user,
)

from .site import (
    REMEMBER,
    Person,
    Site,
    cookie,
    error,
    listening,
    names,
    set_cookies,
    text,
)


async def test_login_lasts(site: Site) -> None:
    """Who has logged in is the user of the next request."""
    client = await site.logged_in()

    assert await text(client, "/whoami") == "susan"
    assert await text(client, "/members") == "welcome susan"


async def test_login_writes_flask_logins_keys(site: Site) -> None:
    """The session holds the id, the freshness and the client's identifier, under Flask-Login's names."""
    client = await site.logged_in()

    login = site.session_of(client)

    assert set(login) == {"_user_id", "_fresh", "_id"}
    assert (login["_user_id"], login["_fresh"]) == ("1", True)
    assert len(login["_id"]) == 128


async def test_login_is_in_effect_at_once(site: Site) -> None:
    """In the request that logs in, ``current_user`` is that very object."""
    async with site.app.test_request_context("/"):
        susan = site.people["1"]

        assert login_user(susan) is True

        assert current_user.name == "susan"
        assert current_user._get_current_object() is susan
        assert login_fresh() is True


async def test_login_tells(site: Site) -> None:
    """``user_logged_in`` is sent with the user, and nothing else is."""
    with listening(site.app) as heard:
        await site.logged_in()

    assert heard == [("user_logged_in", {"user": site.people["1"]})]


async def test_inactive_users_are_refused(site: Site) -> None:
    """Nothing happens to the session of an account that may not be used."""
    client = site.client()

    with listening(site.app) as heard:
        response = await client.get("/login?user=3&remember=1")

    assert await response.get_data(as_text=True) == "False"
    assert set_cookies(response) == {}
    assert heard == []


async def test_inactive_users_may_be_forced(site: Site) -> None:
    """``force`` logs in whoever it is; ``login_required`` still refuses who is not active."""
    client = site.client()

    assert await text(client, "/login?user=3&force=1") == "True"

    assert site.session_of(client)["_user_id"] == "3"
    assert (await client.get("/members")).status_code == 401


async def test_current_user_may_be_passed(site: Site) -> None:
    """``login_user(current_user)`` logs in the user, not the proxy for whoever it will be."""
    async with site.app.test_request_context("/"):
        login_user(site.people["1"])
        login_user(current_user, fresh=False)
        logout_user()

        assert current_user.is_anonymous


async def test_id_attribute_names_the_method(site: Site) -> None:
    """Another method than ``get_id`` may give the id."""
    site.manager.id_attribute = "get_handle"
    susan: Any = site.people["1"]
    susan.get_handle = lambda: "handle of susan"
    client = await site.logged_in()

    assert site.session_of(client)["_user_id"] == "handle of susan"


async def test_rest_of_the_session_stays(site: Site) -> None:
    """Logging in and out leaves what else is in the session."""
    client = site.client()
    await text(client, "/basket")

    await text(client, "/login")
    assert site.session_of(client)["basket"] == "full"
    await text(client, "/logout")
    assert site.session_of(client) == {"basket": "full"}


async def test_logout_ends_the_login(site: Site) -> None:
    """Who has logged out is nobody, in this request and in the next."""
    client = await site.logged_in()

    assert await text(client, "/logout") == "True"

    assert await text(client, "/whoami") == "nobody"
    assert site.session_of(client) == {}


async def test_logout_tells_who_it_was(site: Site) -> None:
    """``user_logged_out`` carries the user, after ``user_accessed``."""
    client = await site.logged_in()

    with listening(site.app) as heard:
        await text(client, "/logout")

    assert names(heard) == ["user_accessed", "user_loaded", "user_logged_out"]
    assert heard[-1][1]["user"].name == "susan"


async def test_logout_of_nobody_is_allowed(site: Site) -> None:
    """It is True and told, with the anonymous user."""
    with listening(site.app) as heard:
        assert await text(site.client(), "/logout") == "True"

    assert heard[-1][0] == "user_logged_out"
    assert heard[-1][1]["user"].is_anonymous


async def test_logout_is_in_effect_at_once(site: Site) -> None:
    """In the request that logs out, ``current_user`` is anonymous."""
    async with site.app.test_request_context("/"):
        login_user(site.people["1"])
        logout_user()

        assert current_user.is_anonymous
        assert login_fresh() is False


async def test_receivers_of_the_logout_see_the_user(site: Site) -> None:
    """While ``user_logged_out`` is sent, ``current_user`` is still who it was."""
    from compat import user_logged_out

    seen: list[str] = []

    def look(sender: object, **arguments: object) -> None:
        seen.append(current_user.name)

    async with site.app.test_request_context("/"):
        login_user(site.people["1"])
        with user_logged_out.connected_to(look, sender=site.app):
            logout_user()

    assert seen == ["susan"]


async def test_logout_deletes_the_remember_cookie(site: Site) -> None:
    """Who logs out is not remembered either."""
    client = await site.logged_in("remember=1")

    response = await client.get("/logout")

    assert set_cookies(response)[REMEMBER]["max-age"] == "0"
    assert cookie(client, REMEMBER) is None
    assert await text(client, "/whoami") == "nobody"


async def test_logging_in_and_out_in_one_request_sets_no_remember_cookie(site: Site) -> None:
    """What was ordered for a login that has ended is not delivered."""

    @site.app.route("/both")
    async def both() -> str:
        login_user(site.people["1"], remember=True)
        logout_user()
        return ""

    client = site.client()
    await text(client, "/both")

    assert cookie(client, REMEMBER) is None
    assert await text(client, "/whoami") == "nobody"


async def test_login_of_another_user_replaces_the_first(site: Site) -> None:
    """One client has one user."""
    client = await site.logged_in("remember=1")

    await text(client, "/login?user=2")

    assert await text(client, "/whoami") == "henry"


@pytest.mark.parametrize("duration", ["123", 5, object()])
async def test_wrong_duration_logs_nobody_in(site: Site, duration: Any) -> None:
    """A duration that is none is an error, and nothing is written before it is found."""

    @site.app.route("/wrong")
    async def wrong() -> str:
        return str(login_user(site.people["1"], remember=True, duration=duration))

    client = site.client()
    found = await error(client, "/wrong")

    assert isinstance(found, DurationError)
    assert str(found) == f"duration must be a datetime.timedelta, instead got: {duration}"
    assert await text(client, "/whoami") == "nobody"
    assert cookie(client, REMEMBER) is None


async def test_endless_duration_logs_nobody_in(site: Site) -> None:
    """A duration beyond the calendar is an error as well."""

    @site.app.route("/endless")
    async def endless() -> str:
        return str(login_user(site.people["1"], remember=True, duration=timedelta.max))

    client = site.client()

    assert isinstance(await error(client, "/endless"), DurationError)
    assert await text(client, "/whoami") == "nobody"


async def test_duration_without_remembering_is_not_looked_at(site: Site) -> None:
    """As in Flask-Login, ``duration`` only means something together with ``remember``."""
    async with site.app.test_request_context("/"):
        assert login_user(site.people["1"], duration="nonsense")  # type: ignore[arg-type]  # on purpose
        assert "_remember" not in session


async def test_a_logout_makes_the_remember_cookie_of_the_request_worthless(site: Site) -> None:
    """After ``logout_user`` the cookie that came with the request counts as deleted, in that request as well."""

    @site.app.route("/leave")
    async def leave() -> str:
        before = login_remembered()
        logout_user()
        return f"{before} {login_remembered()} {(await load_user()).is_authenticated}"

    client = await site.logged_in("remember=1")

    assert await text(client, "/leave") == "True False False"


async def test_is_active_has_to_be_a_property(site: Site) -> None:
    """``is_active`` that is a method or a coroutine would be true of everybody: nobody is logged in."""

    class Method(Person):
        def is_active(self) -> bool:  # type: ignore[override]
            return False

    async with site.app.test_request_context("/"):
        with pytest.raises(UserContractError, match=r"Method\.is_active"):
            login_user(Method("1", "susan"))
        assert not current_user.is_authenticated
