"""Async functions that are stored and called from there: nothing says that they are awaited, so a line raises."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from .one_file import ported

pytestmark = pytest.mark.quick

CHECK = """
def allowed(x=None):
    return bool(request.form)


"""
RAISING = {
    "a table in a class": """
        class Page:
            # here
            checks = (allowed,)

            def fine(self):
                return all(check() for check in self.checks)
        """,
    "an item of a table": """
        RULES = {}
        # here
        RULES["x"] = allowed
        """,
    "a decorator that keeps what it is given": """
        KNOWN = {}


        def rule(function):
            # here
            KNOWN["rule"] = function
            return function


        @rule
        def mine():
            return allowed()
        """,
    "an attribute of another package's object": """
        import unheard_of

        # here
        unheard_of.check = allowed
        """,
    "the application's settings": """
        # here
        app.config["CHECK"] = allowed
        """,
    "the application's settings, in a call": """
        # here
        app.config.update(CHECK=allowed)
        """,
    "a partial in a table": """
        from functools import partial

        # here
        CHECKS = [partial(allowed, 1)]
        """,
    "one of two, in a table": """
        def choose(x):
            # here
            return [allowed if x else None]
        """,
    "any number of arguments": """
        def every(*checks):
            return all(check() for check in checks)


        @app.get("/")
        def index():
            # here
            return "yes" if every(allowed) else "no"
        """,
    "an object that is called": """
        from unheard_of import Rules


        class Check:
            def __call__(self):
                return allowed()


        # here
        rules = Rules(Check())
        """,
}


@pytest.mark.parametrize("code", RAISING.values(), ids=RAISING)
def test_what_is_stored_raises(tmp_path: Path, code: str) -> None:
    """Where an async function is stored, and called unseen, there is a todo, and the line before raises; once."""
    after, found = ported(tmp_path, CHECK + dedent(code))

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert sum(line.startswith("raise ") for line in lines) == 1
    assert not found.is_complete


AWAITED = {
    "a default": """
        def check(test=allowed):
            return await test()
        """,
    "an attribute that a default gives": """
        class Page:
            def __init__(self, test=allowed):
                self.test = test

            def fine(self):
                return await self.test()
        """,
    "an attribute that an argument gives": """
        class Page:
            def __init__(self, test):
                self.test = test

            def fine(self):
                return await self.test()


        page = Page(allowed)
        """,
    "two names at once": """
        one, two = allowed, 2


        def check():
            return await one()
        """,
    "what templates call": """
        app.jinja_env.globals["allowed"] = allowed
        app.jinja_env.filters["allowed"] = allowed


        @app.context_processor
        def tools():
            return dict(allowed=allowed)
        """,
    "what Quart calls": """
        app.before_request_funcs.setdefault(None, [])
        app.view_functions["index"] = allowed
        app.login_manager.unauthorized_callback = allowed
        """,
}


@pytest.mark.parametrize("code", AWAITED.values(), ids=AWAITED)
def test_what_is_followed_is_awaited(tmp_path: Path, code: str) -> None:
    """A default, an attribute of the project's own, and what Quart and templates are given, need nothing by hand."""
    after, found = ported(tmp_path, CHECK + dedent(code).replace("await ", ""))

    assert after.replace("async def", "def").endswith(dedent(code).lstrip("\n"))
    assert found.is_complete


def test_a_callback_of_the_login_manager_is_awaited(tmp_path: Path) -> None:
    """``unauthorized_callback = f`` says the same as ``unauthorized_handler(f)``."""
    code = "def answer():\n    return redirect('/')\n\n\napp.login_manager.unauthorized_callback = answer\n"

    after, found = ported(tmp_path, code)

    assert after.startswith("async def answer():")
    assert found.is_complete


OBJECTS = {
    "a decorator that is a class": """
        @app.get("/")
        @Checked
        def index():
            return ""
        """,
    "an object that is registered": """
        app.before_request(Checked(print))
        """,
}


@pytest.mark.parametrize("code", OBJECTS.values(), ids=OBJECTS)
def test_an_object_that_quart_calls_is_to_do(tmp_path: Path, code: str) -> None:
    """Quart takes an object whose ``__call__`` is async for a sync function: the report says so."""
    before = """
        class Checked:
            def __init__(self, view):
                self.view = view

            def __call__(self, *args):
                return self.view(*args) if allowed() else "no"


        """
    after, found = ported(tmp_path, CHECK + dedent(before + code))

    assert "async def __call__" in after
    assert ["give Quart an `async def` function instead of the object" in each.do for each in found.findings] == [True]


def test_a_view_that_a_decorator_class_keeps_is_awaited(tmp_path: Path) -> None:
    """What a class is given as a decorator is what its ``__init__`` is given."""
    code = """
        class Checked:
            def __init__(self, view):
                self.view = view

            def __call__(self):
                result = self.view()
                return result


        @app.get("/")
        @Checked
        def index():
            return ""
        """
    assert "result = await self.view()" in ported(tmp_path, code)[0]


def test_objects_that_are_passed_on_are_named_once_a_file(tmp_path: Path) -> None:
    """The cause is one class: its first object is named, with the number of the others, and raises."""
    code = """
        from unheard_of import needs


        class Refuse:
            def __init__(self, text):
                self.text = text

            def __call__(self):
                return render_template("no", text=self.text)


        class One:
            # here
            decorators = [needs("x", on_fail=Refuse("one"))]


        class Two:
            decorators = [needs("x", on_fail=Refuse("two"))]
        """
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert [each.what for each in found.findings] == ['Refuse("one")']
    assert found.findings[0].why.endswith("it is passed on, and in 1 more places of this file")
