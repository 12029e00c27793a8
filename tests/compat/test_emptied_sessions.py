"""Views that empty the session: with ``logout_user`` in either order, and alone."""

from __future__ import annotations

import pytest
from quart import request, session

from compat import UserNotLoaded, current_user, encode_cookie, load_user, login_user, logout_user, user_logged_out

from . import flask_side
from .site import REMEMBER, SECRET, Kind, Person, Site, close_browser, cookie, error, put_cookie, text

ORDERS = ["logout, clear", "clear, logout", "read, clear, logout", "logout, clear, logout"]


class Numbered(Person):
    """A user whose id is kept as a number, as with peewee's own ``get_id``."""

    def get_id(self) -> int:  # type: ignore[override]
        """The id as it is in the database."""
        return int(self.id)


@pytest.fixture
def site(kind: Kind) -> Site:
    """The small application, with views that empty the session, and users with numbers."""
    site = Site(kind)
    site.people["7"] = Numbered("7", "grace")

    @site.app.route("/leave/<order>")
    async def leave(order: str) -> str:
        for step in order.split(", "):
            if step == "logout":
                logout_user()
            elif step == "clear":
                session.clear()
            else:
                str(current_user.is_authenticated)
        return "left"

    @site.app.route("/leave-and-return/<remember>")
    async def leave_and_return(remember: str) -> str:
        logout_user()
        session.clear()
        return str(login_user(site.people["2"], remember=remember == "remember"))

    return site


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("user", ["1", "7"])
@pytest.mark.parametrize("closed", [False, True], ids=["", "browser was closed"])
@pytest.mark.parametrize("remember", ["", "&remember"])
async def test_both_orders_log_out(site: Site, order: str, user: str, closed: bool, remember: str) -> None:
    """``logout_user`` and ``session.clear`` log out in either order: no cookie is left that logs in again."""
    client = site.client()
    await text(client, f"/login?user={user}{remember}")
    if closed:
        close_browser(client)

    assert await text(client, f"/leave/{order}") == "left"

    assert (cookie(client, REMEMBER), site.session_of(client)) == (None, {})
    assert await text(client, "/whoami") == "nobody"


@pytest.mark.parametrize("change", ["clear", "change"])
async def test_a_logout_after_the_session_names_another(site: Site, kind: Kind, change: str) -> None:
    """A session or remember cookie that names another user meanwhile keeps nobody from logging out.

    With an async loader the signal has the user who was loaded, with a sync one whoever the cookies name by then, as in
    Flask-Login.
    """
    left: list[str] = []

    @user_logged_out.connect_via(site.app)
    def note(_app: object, user: Person) -> None:
        left.append(f"{user.name} as {current_user.name}")

    @site.app.route("/leave-as-another")
    async def leave_as_another() -> str:
        if change == "clear":
            session.clear()
        else:
            session["_user_id"] = "2"
        return str(logout_user())

    client = await site.logged_in()
    put_cookie(client, REMEMBER, encode_cookie("2", SECRET))

    assert await text(client, "/leave-as-another") == "True"

    name = "henry" if kind == "sync" else "susan"
    assert left == [f"{name} as {name}"]
    assert (cookie(client, REMEMBER), site.session_of(client)) == (None, {})
    assert await text(client, "/whoami") == "nobody"


async def test_a_logout_of_somebody_who_is_not_loaded() -> None:
    """In a context that was pushed by hand an async loader has to be awaited before a logout."""
    site = Site("async")
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"
        with pytest.raises(UserNotLoaded):
            logout_user()
        assert session["_user_id"] == "1"


def test_flask_login_remembers_who_has_left() -> None:
    """In Flask-Login a ``session.clear`` after the logout keeps the remember cookie, which logs in again."""
    app = flask_side.flask_application()
    _, cookies = flask_side.get(app, "/login?remember=1", {}, address="192.0.2.7", agent="a browser")

    _, kept = flask_side.get(app, "/leave", cookies, address="192.0.2.7", agent="a browser")

    assert kept.keys() == {REMEMBER}
    assert flask_side.get(app, "/whoami", kept, address="192.0.2.7", agent="a browser")[0] == "1"


@pytest.mark.parametrize("user", ["1", "7"])
async def test_clear_alone_is_no_logout(site: Site, user: str) -> None:
    """``session.clear`` alone ends the session's login, and the remember cookie restores it, as in Flask-Login."""
    client = site.client()
    await text(client, f"/login?user={user}&remember")

    await text(client, "/leave/clear")

    assert await text(client, "/whoami") == site.people[user].name
    assert await text(client, "/fresh") == "False"


@pytest.mark.parametrize(("remember", "kept"), [("forget", False), ("remember", True)])
async def test_a_login_after_both_decides_about_the_cookie(site: Site, remember: str, kept: bool) -> None:
    """A login of the same request that is to be remembered sets the cookie that the logout would have deleted."""
    client = site.client()
    await text(client, "/login?remember")

    await text(client, f"/leave-and-return/{remember}")

    assert (cookie(client, REMEMBER) is not None) is kept
    close_browser(client)
    assert await text(client, "/whoami") == ("henry" if kept else "nobody")


async def test_a_session_is_emptied_before_the_user_is_read(kind: Kind) -> None:
    """After the session was emptied the remember cookie counts; if it names the same user, no loader is called."""
    site = Site(kind)

    @site.app.route("/empty")
    async def empty() -> str:
        session.clear()
        return str(current_user.name)

    @site.app.route("/leave")
    async def leave() -> str:
        session.clear()
        return str(logout_user())

    client = await site.logged_in("remember=1")
    assert await text(client, "/empty") == "susan"
    assert site.loads == ["1"]
    assert site.session_of(client)["_fresh"] is False
    assert await text(client, "/leave") == "True"
    assert await text(client, "/whoami") == "nobody"


async def test_a_session_is_emptied_and_the_cookie_names_another_user() -> None:
    """If the cookie names another user than the loaded one, reading it without ``load_user()`` is an error."""
    site = Site()

    @site.app.route("/empty")
    async def empty() -> str:
        session.clear()
        if "load" in request.args:
            await load_user()
        return str(current_user.name)

    client = await site.logged_in("remember=1")
    put_cookie(client, REMEMBER, encode_cookie("2", SECRET))

    assert isinstance(await error(client, "/empty"), UserNotLoaded)
    assert await text(client, "/empty?load") == "henry"
