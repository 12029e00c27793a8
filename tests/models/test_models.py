"""The recipes of docs/models.md, and each cell of its table, with the real packages."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from quart import Quart
from quart.testing import QuartClient

from compat import UserNotSaved, current_user, load_user, login_required, login_user, logout_user
from tests.docs.pages import ROOT

from .recipes import PACKAGES, PAGE, need, running, sections

HASHABLE, UNHASHABLE = "nothing", "cannot be hashed"
OWN_ID = "`get_id()` is a number, and None before the user is saved"
#: What changes if UserMixin stands behind the library's own class.
BEHIND = {
    "SQLAlchemy": HASHABLE,
    "Mapped as dataclasses": UNHASHABLE,
    "SQLModel": UNHASHABLE,
    "Tortoise": "`row == current_user` is False, and a user who is not saved cannot be hashed",
    "Beanie": UNHASHABLE,
    "ODMantic": UNHASHABLE,
    "Piccolo": UNHASHABLE,
    "peewee": OWN_ID,
    "peewee-aio": OWN_ID,
    "ormar": "`row == current_user` is False",
    "pydantic": UNHASHABLE,
    "msgspec": UNHASHABLE,
}
#: What does not take the proxy for the object, and the error.
REFUSES_PROXY = {
    "Tortoise": ("not in relations", "Expected model type 'User', but got 'UserProxy'"),
    "ODMantic": ("not in `save`", "type object 'UserProxy' has no attribute '__collection__'"),
}
#: The recipes with a relation.
RELATIONS = ["SQLAlchemy", "Tortoise", "Piccolo", "peewee", "peewee-aio", "ormar"]
#: Those whose ids the database chooses.
ORMS = ["Mapped as dataclasses", "SQLModel", "Beanie", *RELATIONS]

every_recipe = pytest.mark.parametrize("name", PACKAGES)


@pytest.fixture
def recipe(name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The recipe *name*, if its package is installed; with views that log in and out."""
    need(PACKAGES[name])
    monkeypatch.chdir(tmp_path)
    if name in ("Beanie", "ODMantic"):
        request.getfixturevalue("mongodb")
    behind = getattr(request, "param", None) == "behind"
    with running(name, behind=behind) as recipe:
        _add_views(recipe)
        yield recipe


def _add_views(recipe: Any) -> None:
    app: Quart = recipe.app
    users = {}

    @app.route("/register/<name>")
    async def register(name: str) -> str:
        users[name] = await recipe.add_user(name)
        return str(users[name].get_id())

    @app.route("/login/<name>")
    async def login(name: str) -> str:
        return str(login_user(users[name], remember=True))

    @app.route("/whoami")
    async def whoami() -> str:
        return current_user.name if current_user.is_authenticated else "nobody"

    @app.route("/lock")
    @login_required
    async def lock() -> str:
        await recipe.lock_user(await load_user())
        users.update({user.name: user for user in [await load_user()]})
        return "locked"

    @app.route("/logout")
    async def logout() -> str:
        return str(logout_user())


async def text(client: QuartClient, path: str) -> str:
    """The body of the response to *path*, which must be a 200."""
    response = await client.get(path)
    assert response.status_code == 200, path
    return await response.get_data(as_text=True)


def forget(client: QuartClient, cookie: str) -> None:
    """Delete a cookie of *client*."""
    assert client.cookie_jar is not None
    client.cookie_jar.clear("localhost.local", "/", cookie)


@every_recipe
async def test_a_login_from_beginning_to_end(recipe: Any) -> None:
    """A user registers, logs in, comes back, logs out, is locked in one browser, and so in every other."""
    async with recipe.app.test_app():
        susan, other, henry = QuartClient(recipe.app), QuartClient(recipe.app), QuartClient(recipe.app)
        assert await text(susan, "/register/susan") != await text(henry, "/register/henry")
        for browser, user in ((susan, "susan"), (other, "susan"), (henry, "henry")):
            assert await text(browser, f"/login/{user}") == "True"
            assert await text(browser, "/whoami") == user
        forget(other, "session")
        assert await text(other, "/whoami") == "susan"
        assert await text(henry, "/logout") == "True"
        assert await text(henry, "/whoami") == "nobody"

        assert await text(susan, "/lock") == "locked"

        assert (await susan.get("/lock")).status_code == 401
        assert [await text(browser, "/whoami") for browser in (susan, other)] == ["nobody", "nobody"]
        assert await text(susan, "/login/susan") == "False"
        assert await text(henry, "/login/henry") == "True"


@pytest.mark.parametrize("name", ORMS)
async def test_a_user_who_is_not_saved_cannot_log_in(recipe: Any) -> None:
    """Logging in a user whose id the database has still to choose is an error."""
    async with recipe.app.test_app(), recipe.app.test_request_context("/"):
        with pytest.raises(UserNotSaved):
            login_user(recipe.User(name="susan"))


@pytest.mark.parametrize("recipe", ["before", "behind"], indirect=True)
@pytest.mark.parametrize("name", BEHIND)
async def test_the_place_of_user_mixin(recipe: Any, name: str, request: pytest.FixtureRequest) -> None:
    """With UserMixin first users are equal and hashed as everywhere; the table says what changes behind."""
    behind = BEHIND[name] if "behind" in request.node.callspec.id.split("-") else HASHABLE
    async with recipe.app.test_app():
        user = await recipe.add_user("susan")
        async with recipe.app.test_request_context("/"):
            login_user(user)
            row = await recipe.app.ensure_async(recipe.load_by_id)(user.get_id())

            assert current_user == row
            assert (row == current_user) is ("row ==" not in behind)
        assert isinstance(user.get_id(), int if behind is OWN_ID else str)
        if behind is UNHASHABLE:
            with pytest.raises(TypeError, match="unhashable"):
                hash(user)
        else:
            assert hash(user) == hash(user)
    if "not saved cannot be hashed" in behind:
        with pytest.raises(TypeError, match="unhashable"):
            hash(recipe.User(name="susan"))


@every_recipe
async def test_current_user_can_be_saved(recipe: Any, name: str) -> None:
    """The library saves the user through the proxy, unless the table says that it does not."""
    async with recipe.app.test_app():
        user = await recipe.add_user("susan")
        async with recipe.app.test_request_context("/"):
            login_user(user)
            if name == "ODMantic":
                with pytest.raises(AttributeError, match=REFUSES_PROXY[name][1]):
                    await recipe.lock_user(current_user)
                await recipe.lock_user(await load_user())
            else:
                await recipe.lock_user(current_user)

        assert (await recipe.app.ensure_async(recipe.load_by_id)(user.get_id())).is_active is False


@pytest.mark.parametrize("name", RELATIONS)
async def test_current_user_in_relations(recipe: Any, name: str) -> None:
    """A row that is made with the proxy belongs to the user, unless the table says that the proxy is refused.

    The object keeps the proxy, which is None after the request, as opposed to the user of ``await load_user()``.
    """
    async with recipe.app.test_app():
        user = await recipe.add_user("susan")
        async with recipe.app.test_request_context("/"):
            login_user(user)
            posts = [await recipe.add_post(await load_user())]
            if name in REFUSES_PROXY:
                with pytest.raises(Exception, match=REFUSES_PROXY[name][1]):
                    await recipe.add_post(current_user)
            else:
                posts.append(await recipe.add_post(current_user))
            assert [post.author for post in posts] == [user] * len(posts)
        assert posts[0].author == user
        assert [post.author == user for post in posts[1:]] == [False] * (len(posts) - 1)
    with closing(sqlite3.connect("example.db")) as database:
        (table,) = {"post", "posts"} & {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        rows = database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # one of the two
    assert {author for _, author in rows} == {user.id}
    assert len(rows) == len(posts)


@pytest.mark.parametrize("name", ["Tortoise"])
async def test_a_field_that_was_not_loaded_is_an_error(recipe: Any) -> None:
    """A user of Tortoise who was loaded without ``is_active`` is not taken for an active one."""
    async with recipe.app.test_app():
        await recipe.lock_user(await recipe.add_user("susan"))
        with pytest.raises(AttributeError, match="was not loaded"):
            _ = (await recipe.User.all().only("id", "name").first()).is_authenticated


@pytest.mark.parametrize("name", ["Piccolo"])
def test_unsaved_ids_of_piccolo_are_sql(recipe: Any) -> None:
    """Piccolo's id before saving is SQL, of which the text would be an id that everybody has."""
    assert str(recipe.User(name="susan").id) == "null"


@pytest.mark.parametrize("name", ["peewee"])
def test_an_inherited_id_of_peewee_is_nobodys(recipe: Any) -> None:
    """A model of peewee that inherits ``id`` and has another primary key has to define ``get_id``."""

    class Named(recipe.User):  # type: ignore[misc]  # untyped
        name = need("peewee").CharField(primary_key=True)

    with pytest.raises(UserNotSaved, match=r"define get_id\(\)"):
        Named(name="susan").get_id()


def test_the_table_has_each_recipe() -> None:
    """The table has one row for each recipe, with packages and versions of constraints.txt and what the tests see."""
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in PAGE.read_text().splitlines() if row[:1] == "|"
    ]
    table = {row[0]: row[1:] for row in rows[2:]}
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    distributions = {"Mapped as dataclasses": "sqlalchemy", "Tortoise": "tortoise-orm"}

    assert list(table) == list(PACKAGES) == list(sections())
    for name, (install, version, behind, takes_proxy) in table.items():
        distribution = distributions.get(name, name.lower())
        pin = pins.get(distribution)
        named = re.findall(r"[\w-]+(?=[\[ `\"]|$)", re.sub(r"\[.*?\]", "", install))
        assert named[:1] == ([distribution] if pin else []), name
        assert set(named) <= pins.keys(), name
        assert version == (pin or "Python's"), name
        assert behind == BEHIND.get(name, "—"), name
        assert takes_proxy == (REFUSES_PROXY[name][0] if name in REFUSES_PROXY else "yes"), name
