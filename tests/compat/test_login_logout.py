"""Logging in and out: the session, the cookies and the signals."""

from datetime import timedelta
from typing import Any

import pytest
from quart import session

from compat import (
    DurationError,
    UserContractError,
    UserNotSaved,
    current_user,
    load_user,
    login_fresh,
    login_remembered,
    login_user,
    logout_user,
)

from . import flask_side
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
    """After a login ``current_user`` of the next request is that user."""
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


async def test_login_sends_its_signal(site: Site) -> None:
    """A login sends ``user_logged_in`` with the user, and no other signal."""
    with listening(site.app) as heard:
        await site.logged_in()

    assert heard == [("user_logged_in", {"user": site.people["1"]})]


async def test_inactive_users_are_refused(site: Site) -> None:
    """The login of an inactive user is refused, and the session is unchanged."""
    client = site.client()

    with listening(site.app) as heard:
        response = await client.get("/login?user=3&remember=1")

    assert await response.get_data(as_text=True) == "False"
    assert set_cookies(response) == {}
    assert heard == []


async def test_inactive_users_may_be_forced(site: Site) -> None:
    """``force`` logs in an inactive user; ``login_required`` still refuses them."""
    client = site.client()

    assert await text(client, "/login?user=3&force=1") == "True"

    assert site.session_of(client)["_user_id"] == "3"
    assert (await client.get("/members")).status_code == 401


async def test_current_user_may_be_passed(site: Site) -> None:
    """``login_user(current_user)`` logs in the user object, not the proxy."""
    async with site.app.test_request_context("/"):
        login_user(site.people["1"])
        login_user(current_user, fresh=False)
        logout_user()

        assert current_user.is_anonymous


async def test_id_attribute_names_the_method(site: Site) -> None:
    """``id_attribute`` names the method that returns the id instead of ``get_id``."""
    site.manager.id_attribute = "get_handle"
    susan: Any = site.people["1"]
    susan.get_handle = lambda: "handle of susan"
    client = await site.logged_in()

    assert site.session_of(client)["_user_id"] == "handle of susan"


class OwnId(Person):
    """A user whose class makes the id itself."""

    def __init__(self, get_id: Any, **attributes: object) -> None:
        vars(self).update(attributes, _is_active=True, get_id=get_id)


@pytest.mark.parametrize(
    "unsaved",
    [
        Person(None, "susan"),  # type: ignore[arg-type]  # before the database has chosen
        Person(None, "susan", is_active=False),  # type: ignore[arg-type]  # nor the column's default
        OwnId(lambda: None),
        OwnId(lambda: "None", id=None),
        OwnId(lambda: "null", id=type("Unquoted", (), {"__str__": lambda _: "null"})()),
    ],
)
async def test_a_user_who_is_not_saved_cannot_log_in(site: Site, unsaved: Person) -> None:
    """A user without an id is refused with an error that says what to do, and nothing is written.

    Flask-Login logs in the id "None", which the loader then gets in each request.
    """
    _, cookies = flask_side.get(
        flask_side.flask_application(), "/login-unsaved", {}, address="192.0.2.7", agent="a browser"
    )

    async with site.app.test_request_context("/"):
        with pytest.raises(UserNotSaved, match="save it to the database"):
            login_user(unsaved, remember=True)
        assert not session

    assert site.open_session(cookies["session"])["_user_id"] == "None"


@pytest.mark.parametrize("name", ["None", "null", "DEFAULT"])
async def test_names_may_look_like_placeholders(site: Site, name: str) -> None:
    """Somebody whose id is a name may be called "None"."""
    async with site.app.test_request_context("/"):
        assert login_user(Person(name, name))
        assert login_user(OwnId(lambda: name))
        assert session["_user_id"] == name


async def test_rest_of_the_session_stays(site: Site) -> None:
    """Logging in and out keeps all other content of the session."""
    client = site.client()
    await text(client, "/basket")

    await text(client, "/login")
    assert site.session_of(client)["basket"] == "full"
    await text(client, "/logout")
    assert site.session_of(client) == {"basket": "full"}


async def test_logout_ends_the_login(site: Site) -> None:
    """After a logout the user is anonymous, in this request and in the next."""
    client = await site.logged_in()

    assert await text(client, "/logout") == "True"

    assert await text(client, "/whoami") == "nobody"
    assert site.session_of(client) == {}


async def test_logout_sends_the_user(site: Site) -> None:
    """A logout sends ``user_accessed``, then ``user_logged_out`` with the user."""
    client = await site.logged_in()

    with listening(site.app) as heard:
        await text(client, "/logout")

    assert names(heard) == ["user_accessed", "user_loaded", "user_logged_out"]
    assert heard[-1][1]["user"].name == "susan"


async def test_logout_of_a_visitor_is_allowed(site: Site) -> None:
    """The logout of a visitor returns True and sends its signal with the anonymous user."""
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
    """While ``user_logged_out`` is sent, ``current_user`` is still the user that logs out."""
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
    """A logout deletes the remember cookie."""
    client = await site.logged_in("remember=1")

    response = await client.get("/logout")

    assert set_cookies(response)[REMEMBER]["max-age"] == "0"
    assert cookie(client, REMEMBER) is None
    assert await text(client, "/whoami") == "nobody"


async def test_logging_in_and_out_in_one_request_sets_no_remember_cookie(site: Site) -> None:
    """After login and logout in one request the response sets no remember cookie."""

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
    """The login of another user replaces the first: one client has one user."""
    client = await site.logged_in("remember=1")

    await text(client, "/login?user=2")

    assert await text(client, "/whoami") == "henry"


@pytest.mark.parametrize("duration", ["123", 5, object()])
async def test_wrong_duration_logs_nobody_in(site: Site, duration: Any) -> None:
    """An invalid duration is an error, and nothing has been written."""

    @site.app.route("/wrong")
    async def wrong() -> str:
        return str(login_user(site.people["1"], remember=True, duration=duration))

    client = site.client()
    found = await error(client, "/wrong")

    assert isinstance(found, DurationError)
    assert str(found) == f"duration must be a datetime.timedelta, instead got: {duration}"
    assert await text(client, "/whoami") == "nobody"
    assert cookie(client, REMEMBER) is None


async def test_too_long_duration_logs_nobody_in(site: Site) -> None:
    """A duration that ends after the year 9999 is an error, and nobody is logged in."""

    @site.app.route("/endless")
    async def endless() -> str:
        return str(login_user(site.people["1"], remember=True, duration=timedelta.max))

    client = site.client()

    assert isinstance(await error(client, "/endless"), DurationError)
    assert await text(client, "/whoami") == "nobody"


async def test_duration_without_remember_is_ignored(site: Site) -> None:
    """``duration`` without ``remember`` is ignored, as in Flask-Login."""
    async with site.app.test_request_context("/"):
        assert login_user(site.people["1"], duration="nonsense")  # type: ignore[arg-type]  # on purpose
        assert "_remember" not in session


async def test_after_a_logout_the_remember_cookie_of_the_request_is_ignored(site: Site) -> None:
    """After ``logout_user`` the cookie that came with the request counts as deleted, in that request as well."""

    @site.app.route("/leave")
    async def leave() -> str:
        before = login_remembered()
        logout_user()
        return f"{before} {login_remembered()} {(await load_user()).is_authenticated}"

    client = await site.logged_in("remember=1")

    assert await text(client, "/leave") == "True False False"


async def test_is_active_has_to_be_a_property(site: Site) -> None:
    """An ``is_active`` that is a method or a coroutine is an error: it would always be true."""

    class Method(Person):
        def is_active(self) -> bool:  # type: ignore[override]
            return False

    async with site.app.test_request_context("/"):
        with pytest.raises(UserContractError, match=r"Method\.is_active"):
            login_user(Method("1", "susan"))
        assert not current_user.is_authenticated


async def test_get_id_has_to_be_sync(site: Site) -> None:
    """A ``get_id`` that is async is an error at the login, and not when the session is written; nobody is logged in."""

    class Async(Person):
        async def get_id(self) -> str:  # type: ignore[override]
            return self.id

    async with site.app.test_request_context("/"):
        with pytest.raises(UserContractError, match=r"Async\.get_id"):
            login_user(Async("1", "susan"))
        assert not current_user.is_authenticated
