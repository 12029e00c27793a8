"""Cross-site request forgery: forms and the requests of other sites."""

from __future__ import annotations

import re
from itertools import product
from uuid import UUID

import pytest
from pydantic import SecretStr

from quart_app.application import Application
from quart_app.defences.cross_site import is_cross_site, is_own_origin
from quart_app.defences.csrf import checked_by_form
from quart_app.faces import is_api_path
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import PASSWORD, Visitor

SUSAN = {
    "username": "susan",
    "email": "susan@example.com",
    "password": PASSWORD,
    "password2": PASSWORD,
    "current_password": PASSWORD,
}
ONCE_MORE = "Please send this once more"


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: a forged form is refused before the database is asked."""
    return migrated_sqlite_url


def paths_that_take_posts(app: Application) -> set[str]:
    """All page URLs that accept POST; the API takes no forms."""
    rules = [rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    rules = [rule for rule in rules if not is_api_path(rule)]
    return {re.sub(r"<uuid:[^>]*>", str(UUID(int=1)), rule) for rule in rules}


async def test_every_post_needs_a_token(app: Application, subtests: pytest.Subtests) -> None:
    """A POST without the token of its session is 403 with an explanation, and changes nothing."""
    user, stranger = Visitor(app), Visitor(app)
    await user.register()
    await user.login()
    by_strangers, without_form = (
        {"/login", "/register"},
        {f"/account/sessions/{UUID(int=1)}/end", "/account/sessions/end-others", "/account/email/send-again"},
    )
    for path, token in product(paths_that_take_posts(app), (None, "", "wrong", "\N{SNOWMAN}")):
        with subtests.test(path=path, token=token):
            fields = {**SUSAN, **({} if token is None else {"csrf_token": token})}
            visitor = stranger if path in by_strangers else user
            page = await visitor.post(path, {**fields, "username": "mallory"} if path == "/register" else fields)
            assert page.status == 403
            assert ("Not allowed" if path in without_form else ONCE_MORE) in page.text

    assert (await user.get("/index")).status == 200
    assert (await stranger.get("/index")).status == 302
    assert (await stranger.login("mallory")).location == "/login"


async def test_the_token_of_another_session(app: Application) -> None:
    """The token of another session is refused."""
    mallory, susan = Visitor(app), Visitor(app)
    await susan.register()
    token = (await mallory.get("/login")).token
    await susan.get("/login")
    page = await susan.post("/login", {**SUSAN, "csrf_token": token})
    assert page.status == 403


async def test_the_token_changes_with_the_login(visitor: Visitor) -> None:
    """A token from before the login, which an attacker may have planted, is refused afterwards."""
    await visitor.register()
    token = (await visitor.get("/login")).token
    await visitor.post("/login", {**SUSAN, "csrf_token": token})
    assert (await visitor.post("/logout", {"csrf_token": token})).status == 403
    assert (await visitor.get("/index")).status == 200


async def test_nothing_is_lost(visitor: Visitor) -> None:
    """A form with an outdated token is shown again with its fields, except passwords, and a new token."""
    page = await visitor.post("/register", SUSAN)
    assert 'value="susan"' in page.text
    assert 'value="susan@example.com"' in page.text
    assert PASSWORD not in page.text
    assert page.errors == []
    done = await visitor.post("/register", {**SUSAN, "csrf_token": page.token})
    assert done.location == "/login"


ORIGINS: list[tuple[dict[str, str], int]] = [
    ({}, 302),
    ({"Origin": "http://localhost"}, 302),
    ({"Sec-Fetch-Site": "same-origin"}, 302),
    ({"Origin": "https://evil.test"}, 403),
    ({"Origin": "null"}, 403),
    # A proxy on the way has another name for the host.
    ({"Origin": "https://our.name", "Sec-Fetch-Site": "same-origin"}, 302),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
]


async def test_browsers_say_where_a_request_comes_from(visitor: Visitor, subtests: pytest.Subtests) -> None:
    """A POST that the browser marks as cross-site is refused, even with the right token."""
    token = (await visitor.get("/register")).token
    for number, (headers, status) in enumerate(ORIGINS):
        with subtests.test(headers=headers):
            fields = {**SUSAN, "username": f"susan{number}", "email": f"susan{number}@example.com"}
            page = await visitor.post("/register", {**fields, "csrf_token": token}, headers)
            assert page.status == status


@pytest.mark.parametrize(
    ("origin", "scheme", "host"),
    [
        ("http://localhost", "http", "localhost"),
        ("http://localhost:8000", "http", "localhost:8000"),
        ("http://localhost:80", "http", "localhost"),
        ("http://localhost", "ws", "localhost:80"),
        ("HTTPS://Example.COM:443", "wss", "example.com"),
        ("https://example.com", "https", "EXAMPLE.com:443"),
        ("https://example.com", "http", "example.com"),  # over TLS to a proxy that does not tell
        ("https://example.com", "http", "example.com:443"),
        ("https://[2001:db8::1]:8443", "HTTPS", "[2001:DB8::1]:8443"),
    ],
)
def test_own_origins(origin: str, scheme: str, host: str) -> None:
    """Origins are compared without case, and a default port is the same as none."""
    assert is_own_origin(origin, scheme=scheme, host=host)
    assert not is_cross_site(scheme=scheme, host=host, origin=origin, fetch_site=None)


@pytest.mark.parametrize(
    ("origin", "scheme", "host"),
    [
        *((odd, "http", "localhost") for odd in ("", "null", "localhost", "//localhost", "http://", "http://[::1")),
        *(
            (odd, "http", "localhost")
            for odd in ("http://localhost/", "http://x@localhost", "http://localhost.evil.test")
        ),
        *((odd, "http", "localhost") for odd in ("http://local\thost", " http://localhost", "ftp://localhost")),
        ("http://localhost:8000", "http", "localhost"),
        ("http://localhost", "http", "localhost:8000"),
        ("http://localhost:443", "http", "localhost"),
        ("http://example.com", "https", "example.com"),
        ("http://example.com:443", "https", "example.com"),
        ("http://example.com", "wss", "example.com"),
        ("https://example.com", "http", "example.com:80"),
    ],
)
def test_odd_origins(origin: str, scheme: str, host: str) -> None:
    """An ``Origin`` with another scheme, host or port, or none of them, is another site's."""
    assert not is_own_origin(origin, scheme=scheme, host=host)
    assert is_cross_site(scheme=scheme, host=host, origin=origin, fetch_site=None)


async def test_applications_have_protections_of_their_own(settings: Settings, app: Application) -> None:
    """Two applications have separate CSRF protection, keys and exemptions."""
    other = create_app(settings.model_copy(update={"secret_key": SecretStr("another key of its own, long enough")}))
    assert other.extensions["csrf"] is not app.extensions["csrf"]
    assert other.config["WTF_CSRF_SECRET_KEY"] != app.config["WTF_CSRF_SECRET_KEY"]

    @checked_by_form
    async def exempt() -> str:
        return "taken"

    async def plain() -> str:
        return "taken"

    plain.__name__ = exempt.__name__
    app.post("/example", endpoint="example")(exempt)
    other.post("/example", endpoint="example")(plain)
    async with other.test_app():
        assert (await Visitor(app).post("/example", {})).status == 200
        assert (await Visitor(other).post("/example", {})).status == 403
