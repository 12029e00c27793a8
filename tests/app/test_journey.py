"""The behaviour of the tutorial's pages, step by step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.user import User
from quart_app.pages.next_page import openable
from tests.app.visitor import PASSWORD, Visitor

PLEASE_LOG_IN = "Please log in to access this page."


async def test_strangers_are_sent_to_the_login_page(visitor: Visitor) -> None:
    """A visitor of the home page is redirected to the login page, with ``next``."""
    for path, location in (
        ("/", "/login?next=%2F"),
        ("/index", "/login?next=%2Findex"),
        ("/index?a=1", "/login?next=%2Findex%3Fa%3D1"),
    ):
        refused = await visitor.get(path)
        assert (refused.status, refused.location) == (302, location)

        login = await visitor.get(refused.location)
        assert login.flashes == [PLEASE_LOG_IN]


async def test_refused_twice_is_told_twice(visitor: Visitor) -> None:
    """Each refusal flashes its message, as in Flask-Login."""
    await visitor.get("/")
    await visitor.get("/index")
    assert (await visitor.get("/login")).flashes == [PLEASE_LOG_IN] * 2


async def test_methods_that_are_not_get(visitor: Visitor) -> None:
    """HEAD is refused like GET; OPTIONS is answered."""
    assert (await visitor.client.head("/")).status_code == 302
    assert (await visitor.client.options("/")).status_code == 200


async def test_login_page(visitor: Visitor) -> None:
    """The page has title, heading, fields, button, the link to register, and the navigation."""
    page = await visitor.get("/login")
    assert page.status == 200
    for text in (
        "<title>Sign In - Microblog</title>",
        "<h1>Sign In</h1>",
        '<label for="username">Username</label>',
        '<label for="password">Password</label>',
        '<label for="remember_me">Remember Me</label>',
        'value="Sign In"',
        'New User? <a href="/register">Click to Register!</a>',
        ">Home</a>",
        ">Login</a>",
    ):
        assert text in page.text


async def test_empty_login(visitor: Visitor) -> None:
    """Each missing field has its error."""
    page = await visitor.submit("/login")
    assert page.status == 200
    assert page.errors == ["This field is required."] * 2


async def test_wrong_login(visitor: Visitor) -> None:
    """A wrong password and an unknown name get the same message."""
    await visitor.register()
    await visitor.get("/login")
    for username, password in (("susan", "wrong"), ("nobody", PASSWORD), ("su\0san", PASSWORD)):
        refused = await visitor.login(username, password)
        assert (refused.status, refused.location) == (302, "/login")
        assert (await visitor.get("/login")).flashes == ["Invalid username or password"]


async def test_login(visitor: Visitor) -> None:
    """The right password redirects to the home page, which greets the user and has the user's navigation."""
    await visitor.register()
    done = await visitor.login()
    assert (done.status, done.location) == (302, "/index")

    home = await visitor.get("/index")
    assert home.status == 200
    for text in (
        "<title>Home - Microblog</title>",
        "<h1>Hi, susan!</h1>",
        "John says:",
        "Beautiful day in Portland!",
        "Susan says:",
        "The Avengers movie was so cool!",
        '<span class="who-name">susan</span>',
        ">Home</a>",
        ">Logout</button>",
    ):
        assert text in home.text
    assert ">Login</a>" not in home.text


async def test_any_case_of_the_name_logs_in(visitor: Visitor) -> None:
    """``Susan`` and ``SUSAN`` are the same user."""
    await visitor.register()
    assert (await visitor.login("SUSAN")).location == "/index"


async def test_the_email_address_logs_in_as_well(visitor: Visitor) -> None:
    """The email address logs in, in any case."""
    await visitor.register()
    assert (await visitor.login("Susan@Example.COM")).location == "/index"


async def test_login_redirects_to_next(visitor: Visitor) -> None:
    """A login redirects to ``next`` if that is a page of this site."""
    await visitor.register()
    done = await visitor.login(path="/login?next=/index?a=1")
    assert (done.status, done.location) == (302, "/index?a=1")


HOSTILE = [
    "http://evil.test",
    "//evil.test",
    "http:///evil.test",
    "///evil.test",
    "/\\evil.test",
    "javascript:alert(1)",
    "index",
    "%0d%0aLocation:x",
    "/%00",
]


async def test_login_never_leaves_the_site(visitor: Visitor, subtests: pytest.Subtests) -> None:
    """A ``next`` that is not a page of this site leads to the home page."""
    await visitor.register()
    for hostile in HOSTILE:
        with subtests.test(next=hostile):
            assert (await Visitor(visitor.app).login(path=f"/login?next={hostile}")).location == "/index"


@pytest.mark.parametrize(
    ("wanted", "page"),
    [
        ("/account/sessions/end-others", "/index"),
        ("/account/email/send%2Dagain?a=1", "/index"),
        ("/account/email", "/account/email"),
        ("/account/sessions?page=2", "/account/sessions?page=2"),
        ("/another-application/", "/another-application/"),
    ],
)
async def test_a_next_that_takes_no_get(visitor: Visitor, wanted: str, page: str) -> None:
    """Whoever has pressed a button after the login had ended is not sent to its address, which would be 405."""
    await visitor.register()
    assert (await visitor.login(path=f"/login?next={quote(wanted)}")).location == page
    assert openable(f"/sub{page}", visitor.app.url_map, mount="/sub/") == f"/sub{page}"
    assert openable(f"/sub{wanted}", visitor.app.url_map, mount="/sub") == (f"/sub{page}" if page == wanted else "")


async def test_next_survives_a_wrong_password(visitor: Visitor) -> None:
    """``next`` is kept after a wrong password, unless it is hostile."""
    await visitor.register()
    refused = await visitor.login(password="wrong", path="/login?next=%2Findex%3Fa%3D1")
    assert refused.location == "/login?next=/index?a%3D1"
    assert 'action="/login?next=/index?a%3D1"' in (await visitor.get(refused.location)).text
    assert (await visitor.login(path=refused.location)).location == "/index?a=1"

    visitor.client.cookie_jar.clear()  # type: ignore[union-attr]  # it is there, as cookies are used
    assert (await visitor.login(password="wrong", path="/login?next=//evil.test")).location == "/login"


async def test_users_need_no_login_page(visitor: Visitor) -> None:
    """A logged-in user is redirected to the home page, whatever ``next`` says."""
    await visitor.register()
    await visitor.login()
    for path in ("/login", "/register", "/login?next=/index?a=1"):
        page = await visitor.get(path)
        assert (page.status, page.location) == (302, "/index"), path


async def test_remember_me(visitor: Visitor) -> None:
    """The remember cookie lasts 30 days, is ``HttpOnly``, and logs in after the session cookie is lost."""
    await visitor.register()
    cookie = (await visitor.login(remember=True)).cookies["remember_token"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    left = parsedate_to_datetime(cookie["expires"]) - datetime.now(UTC)
    assert timedelta(days=30, minutes=-1) < left <= timedelta(days=30)

    visitor.forget("session")
    assert (await visitor.get("/")).status == 200


async def test_not_remembered(visitor: Visitor) -> None:
    """Without "Remember Me" the login ends with the session cookie."""
    await visitor.register()
    assert "remember_token" not in (await visitor.login()).cookies
    visitor.forget("session")
    assert (await visitor.get("/")).status == 302


async def test_logout(visitor: Visitor) -> None:
    """A logout deletes the session and the remember cookie."""
    await visitor.register()
    await visitor.login(remember=True)
    done = await visitor.logout()
    assert (done.status, done.location) == (302, "/index")
    assert done.cookies["remember_token"].value == ""

    refused = await visitor.get("/index")
    assert (refused.status, refused.location) == (302, "/login?next=%2Findex")
    assert (await visitor.get(refused.location)).flashes == [PLEASE_LOG_IN]


async def test_following_a_link_logs_nobody_out(visitor: Visitor) -> None:
    """GET /logout only shows a form."""
    await visitor.register()
    await visitor.login()
    page = await visitor.get("/logout")
    assert page.status == 200
    assert "Do you want to log out?" in page.text
    assert (await visitor.get("/index")).status == 200


async def test_logout_of_a_stranger(visitor: Visitor) -> None:
    """A visitor of /logout is redirected to the home page, by GET and POST."""
    assert (await visitor.get("/logout")).location == "/index"
    assert (await visitor.post("/logout", {})).location == "/index"


async def test_register_page(visitor: Visitor) -> None:
    """The page has title, heading, fields and button."""
    page = await visitor.get("/register")
    for text in (
        "<title>Register - Microblog</title>",
        "<h1>Register</h1>",
        ">Username</label>",
        ">Email</label>",
        ">Password</label>",
        ">Repeat Password</label>",
        'value="Register"',
    ):
        assert text in page.text


async def test_register(visitor: Visitor) -> None:
    """A new user gets a message, and is not logged in yet."""
    done = await visitor.register()
    assert (done.status, done.location) == (302, "/login")
    assert (await visitor.get("/login")).flashes == ["Congratulations, you are now a registered user!"]
    assert (await visitor.get("/index")).status == 302


WRONG_REGISTRATIONS: list[tuple[dict[str, str], str]] = [
    ({"email": "susan"}, "Invalid email address."),
    ({"password2": "another one"}, "Field must be equal to password."),
    ({"username": ""}, "This field is required."),
    ({"username": "   "}, "This field is required."),
    ({"password": "short", "password2": "short"}, "Use at least 15 characters."),
    ({"password": "x" * 257, "password2": "x" * 257}, "Use at most 256 characters."),
    ({"username": "s" * 65}, "Field cannot be longer than 64 characters."),
    (
        {"username": "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 5},
        "Field cannot be longer than 64 characters.",
    ),
    (
        {"email": "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 9 + "@example.com"},
        "Field cannot be longer than 120 characters.",
    ),
    ({"username": "mallory@example.com"}, "Use a name without @: with one it looks like an email address."),
    ({"username": "su\0san"}, "Use visible characters only: letters, digits, punctuation and single spaces."),
]


async def test_wrong_registration(visitor: Visitor, app: Application, subtests: pytest.Subtests) -> None:
    """Each invalid field has its error, and no user is created."""
    for changes, error in WRONG_REGISTRATIONS:
        with subtests.test(changes=changes):
            page = await visitor.register(**changes)
            assert (page.status, page.errors) == (200, [error])
            async with app.app_context(), current_database().session() as session:
                assert await session.scalar(select(func.count(User.id))) == 0


async def test_names_are_unique_whatever_their_case(visitor: Visitor) -> None:
    """SUSAN and SUSAN@EXAMPLE.COM cannot be registered beside susan."""
    await visitor.register()
    page = await visitor.register("SUSAN", email="Susan@Example.COM")
    assert page.status == 200
    assert page.errors == ["Please use a different username.", "Please use a different email address."]


async def test_passwords_of_spaces(visitor: Visitor) -> None:
    """Spaces at the ends of a password are part of it."""
    await visitor.register(password=" " * 16, password2=" " * 16)
    assert (await visitor.login(password=" " * 15)).location == "/login"
    assert (await visitor.login(password=" " * 16)).location == "/index"
