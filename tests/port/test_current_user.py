"""Methods of the user that became async: ``current_user.may()`` is the check that most applications live by."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from .one_file import ported

pytestmark = pytest.mark.quick

USER = """
from flask_login import LoginManager, UserMixin, current_user

manager = app.login_manager


class User(UserMixin):
    def may(self, what):
        return bool(request.form)


"""

AWAITED = {
    "a decorator": """
        def admins_only(view):
            def inner(*args):
                if not await current_user.may("all"):
                    return "no"
                return await view(*args)

            return inner


        @app.get("/")
        @admins_only
        def index():
            return "yes"
        """,
    "the object itself": """
        def check():
            return await current_user._get_current_object().may("read")
        """,
    "the user as an argument": """
        def may_read(user):
            return await user.may("read")


        @app.get("/")
        def index():
            return "yes" if await may_read(current_user) else "no"
        """,
}


@pytest.mark.parametrize("code", AWAITED.values(), ids=AWAITED)
def test_a_method_of_the_current_user_is_awaited(tmp_path: Path, code: str) -> None:
    """What the current user may be is known by the classes of users."""
    after, found = ported(tmp_path, USER + dedent(code).replace("await ", ""))

    assert after.replace("async def", "def").endswith(dedent(code).lstrip("\n"))
    assert found.is_complete


def test_the_class_that_a_loader_gives_is_a_users(tmp_path: Path) -> None:
    """A class that does not come from UserMixin is known by the function that loads users."""
    code = """
        from flask_login import current_user


        class Somebody:
            def may(self, what):
                return bool(request.form)


        @app.login_manager.user_loader
        def load(name):
            return Somebody()


        @app.get("/")
        def index():
            return "yes" if current_user.may("read") else "no"
        """
    assert "if await current_user.may(" in ported(tmp_path, code)[0]


UNKNOWN = {
    "a row of a database": """
        from models import User


        @app.get("/")
        def index():
            # here
            if User.query.filter_by(name="x").first().allowed():
                return "yes"
        """,
    "None at first": """
        def check(found):
            user = None
            for user in found:
                pass
            # here
            return user.allowed()
        """,
    "a user of an unknown class": """
        from flask_login import current_user


        def check():
            # here
            return not current_user.allowed()
        """,
}


@pytest.mark.parametrize("code", UNKNOWN.values(), ids=UNKNOWN)
def test_what_another_package_gives_may_be_ours(tmp_path: Path, code: str) -> None:
    """What a call of another package gives may be an object of the project: the name of the method is enough."""
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert not found.is_complete


OTHERS = {
    "more arguments": "def check(item):\n    return item.allowed(1, 2)\n",
    "another keyword": "def check(item):\n    return item.allowed(x=1)\n",
    "an object of another package": (
        "from unheard_of import Rules\n\nrules = Rules()\n\n\ndef check():\n    return rules.allowed()\n"
    ),
}


@pytest.mark.parametrize("code", OTHERS.values(), ids=OTHERS)
def test_a_call_that_does_not_fit_means_another_method(tmp_path: Path, code: str) -> None:
    """A method of the same name that takes other arguments, or of another package's class, is not a finding."""
    assert ported(tmp_path, code)[1].findings == ()


def test_what_the_login_reads_stays_sync(tmp_path: Path) -> None:
    """``get_id`` is called synchronously: what it would await is to do."""
    code = """
        from flask_login import UserMixin


        class User(UserMixin):
            def get_id(self):
                return request.form["name"]
        """
    after, found = ported(tmp_path, code)

    assert "    def get_id(self):" in after
    assert ["`compat.UserMixin` calls `get_id` synchronously" in each.why for each in found.findings] == [True]
