"""The recipe of docs/models.md for Django, in a process of its own: its settings can be made once in each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, blocks

from .recipes import PAGE, need

#: What follows the recipe: a user logs in and is locked, in the way of the other recipes.
_STORY = """
import asyncio
from compat import LoginClient, UserNotSaved, current_user, load_user, login_required, login_user


@app.route("/closed")
@login_required
async def closed():
    return current_user.name


@app.route("/lock")
@login_required
async def lock():
    await lock_user(current_user)
    return "locked"


async def main():
    async with app.test_app():
        susan = await add_user("susan")
        client = LoginClient(app, user=susan)
        print(await (await client.get("/closed")).get_data(as_text=True))
        print(await sync_to_async(lambda: connection.connection)())
        print((await client.get("/lock")).status_code, (await client.get("/closed")).status_code)
        row = await load_by_id(susan.get_id())
        print(row == susan, hash(row) == hash(row), row.is_active)
        async with app.test_request_context("/"):
            print(login_user(row))
        try:
            User(name="henry").get_id()
        except UserNotSaved:
            print("not saved")


asyncio.run(main())
"""
_MEMBERS = """
class Hidden(UserMixin, AbstractUser):
    class Meta:
        app_label = "hidden"


for user_class in (Member, Hidden):
    print("is_active" in [field.name for field in user_class._meta.fields])
print(Member(is_active=False).is_authenticated, AbstractUser.is_authenticated.fget(None))
"""


def _run(folder: Path, *code: str) -> list[str]:
    need("django")
    done = subprocess.run(  # noqa: S603 - our own page
        [sys.executable, "-c", "\n".join(code)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _recipe() -> tuple[str, str, str]:
    """The beginning of the page, the recipe, and the one with Django's own users."""
    start, *others = (block.code for block in blocks(PAGE, "python"))
    recipe, members = (code for code in others if "django" in code)
    return start, recipe, members


def test_a_login_with_a_model_of_django(tmp_path: Path) -> None:
    """A user logs in, is locked, and no longer passes; no connection stays open; who is not saved has no id."""
    start, recipe, _ = _recipe()

    assert _run(tmp_path, start, recipe, _STORY) == [
        "susan",
        "None",
        "200 401",
        "True True False",
        "False",
        "not saved",
    ]


def test_users_of_django_itself(tmp_path: Path) -> None:
    """In front of UserMixin AbstractUser keeps its column, and the mixin's property refuses who is not active."""
    start, recipe, members = _recipe()
    installed = '["django.contrib.auth", "django.contrib.contenttypes"]'
    configured = recipe.replace("settings.configure(", f"settings.configure(INSTALLED_APPS={installed}, ")

    assert _run(tmp_path, start, configured, members, _MEMBERS) == ["True", "False", "False True"]
