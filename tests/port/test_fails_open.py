"""A coroutine that nobody awaits is true: where one would be taken for a yes, a line raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.port.findings import Level
from compat.port.porter import port

from .one_file import ported

pytestmark = pytest.mark.quick

RAISING = {
    "an if": """
        @app.get("/")
        def index(item):
            # here
            if item.allowed():
                return "yes"
        """,
    "an elif": """
        @app.get("/")
        def index(item, x):
            # here
            if x:
                return ""
            elif not item.allowed():
                return "no"
        """,
    "a while": """
        @app.get("/")
        def index(item):
            # here
            while item.allowed():
                pass
        """,
    "a comparison": """
        @app.get("/")
        def index(item):
            # here
            yes = item.allowed() == 1
        """,
    "what is dropped": """
        @app.get("/")
        def index(item):
            # here
            item.allowed()
        """,
    "what is returned": """
        @app.get("/")
        def index(item):
            # here
            return item.allowed()
        """,
    "a comprehension": """
        @app.get("/")
        def index(items):
            # here
            return [each for each in items if each.allowed()]
        """,
    "a computed name": """
        @app.get("/")
        def index(item, name):
            # here
            return getattr(item, name)() or "no"
        """,
    "a property": """
        class Page:
            @property
            def fine(self):
                # here
                return Item().allowed()
        """,
    "a lambda": """
        @app.get("/")
        def index():
            return Item().allowed() and "yes"


        # here
        allowed = filter(lambda item: Item().allowed(), [1])
        """,
    "a table": """
        # here
        RULES = {"x": Item.allowed}
        """,
    "what goes over a list": """
        def check(x):
            return bool(request.form)


        # here
        allowed = filter(check, "x")
        """,
    "a task": """
        from celery import Celery

        tasks = Celery()


        # here
        @tasks.task
        def send():
            print(render_template("x"))
        """,
    "a callback of another package": """
        from unheard_of import Auth

        auth = Auth()


        # here
        @auth.verify_password
        def verify(name, password):
            return Item().allowed()
        """,
}


@pytest.mark.parametrize("code", RAISING.values(), ids=RAISING)
def test_a_line_raises(tmp_path: Path, code: str) -> None:
    """Where it cannot be awaited, or need not be one, there is a todo, and the line before raises; once."""
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert sum(line.startswith("raise ") for line in lines) == 1
    assert not found.is_complete

    found.files[0].path.write_bytes(found.files[0].after)
    again = port(tmp_path / "site.py")
    assert not again.files[0].is_changed
    assert [each for each in again.findings if each.level is Level.TODO]


WORKERS = {
    "Celery's tasks, by their class": """
        from celery import Task


        class InContext(Task):
            # here
            def __call__(self, *args):
                with app.app_context():
                    return self.run(*args)
        """,
    "jobs of rq": """
        from rq.decorators import job


        # here
        @job("low")
        def send():
            with app.app_context():
                print(1)
        """,
}


@pytest.mark.parametrize("code", WORKERS.values(), ids=WORKERS)
def test_a_worker_does_not_await(tmp_path: Path, code: str) -> None:
    """What a worker calls raises, and the report says to keep it sync."""
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert ["keep it sync, with `asyncio.run(...)`" in each.do for each in found.findings] == [True]


def test_a_template_under_a_computed_name_is_to_do(tmp_path: Path) -> None:
    """What may render a template that asks for the form is named with it; other templates need nothing."""
    (tmp_path / "templates").mkdir()
    page = tmp_path / "templates" / "page.html"
    code = (
        "from flask import Flask, render_template\n\napp = Flask(__name__)\n\n\n@app.get('/<name>')\ndef page(name):\n"
        "    return render_template('page.html') + render_template(name)\n"
    )
    (tmp_path / "site.py").write_text(code + "\n\ndef other(name):\n    return render_template(f'other/{name}.html')\n")

    page.write_text("{{ request.path }}")
    assert port(tmp_path).findings == ()

    page.write_text("{{ request.form['x'] }}")
    (found,) = port(tmp_path).findings
    assert (found.line, found.what, found.level) == (8, "render_template(name)", Level.TODO)
    assert "page.html" in found.why
    assert "request_form=await request.form" in found.do


CALLED_BY_OTHERS = {
    "a guard, which the project calls as well": """
        from unheard_of import ModelView


        class Page(ModelView):
            # here
            def is_accessible(self):
                return Item().allowed()


        class Admin(Page):
            # here
            def is_accessible(self):
                return super().is_accessible()
        """,
    "a hook that nothing here names": """
        from unheard_of import Worker


        class Job(Worker):
            # here
            def work(self):
                return Item().allowed()
        """,
}


@pytest.mark.parametrize("code", CALLED_BY_OTHERS.values(), ids=CALLED_BY_OTHERS)
def test_what_a_base_class_may_call_raises(tmp_path: Path, code: str) -> None:
    """A class of another package takes the coroutine of a method for a yes: the class is not made."""
    after, found = ported(tmp_path, code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    places = [number for number, line in enumerate(lines) if line == "# here"]
    assert all(lines[number + 1].startswith("raise NotImplementedError(") for number in places)
    assert all("may call it" in each.why for each in found.findings)


TYPED = {
    "any type": "def check(item: typing.Any):\n    # here\n    return not item.allowed()\n",
    "an object": "def check(item: object):\n    # here\n    return not item.allowed()\n",
    "a list of them": "def check(items: list[Item]):\n    for item in items:\n        # here\n        item.allowed()\n",
}


@pytest.mark.parametrize("code", TYPED.values(), ids=TYPED)
def test_a_type_that_says_nothing_hides_nothing(tmp_path: Path, code: str) -> None:
    """``Any`` is not a class of which the methods are known."""
    after, found = ported(tmp_path, "import typing\n\n\n" + code)

    lines = [line.strip() for line in after.splitlines() if not line.strip().startswith("# PORT")]
    assert lines[lines.index("# here") + 1].startswith("raise NotImplementedError(")
    assert not found.is_complete
