from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.collect import read_module
from compat.port.findings import Finding, Level
from compat.port.inference import Inference
from compat.port.porter import port

pytestmark = pytest.mark.quick

VIEW = "from flask import Flask, request, render_template\n\napp = Flask(__name__)\n\n\n"


def findings(folder: Path, code: str, name: str = "site.py") -> list[Finding]:
    """What the assistant says of one file."""
    (folder / name).write_text(dedent(code).lstrip("\n"))
    return list(port(folder / name).findings)


TO_DO = [
    (VIEW + "look = lambda: request.form\n", 6, "request.form", "a lambda cannot await"),
    (VIEW + "page = render_template('x')\n", 6, "render_template('x')", "only a function can await"),
    (
        "from site_of_ours import app\n\nwith app.app_context():\n    print(1)\n",
        3, "app.app_context()", "before_serving",
    ),
    (VIEW + "with app.app_context():\n    x = 1\nprint(x)\n", 6, "app.app_context()", "only a function can await"),
    (
        VIEW + "with app.app_context():\n    app.register_blueprint(None)\n",
        6, "app.app_context()", "only a function can await",
    ),
    (
        VIEW + "class Page:\n    def __str__(self):\n        return render_template('x')\n",
        8, "render_template('x')", "`__str__` synchronously",
    ),
    (
        VIEW + "class Page:\n    @property\n    def text(self):\n        return render_template('x')\n",
        9, "render_template('x')", "code that reads an attribute does not await it",
    ),
    (
        VIEW + "def names():\n    for name in request.form:\n        yield name\n",
        7, "request.form", "is a generator",
    ),
    (
        VIEW + "@app.get('/')\ndef index():\n    return list(x for x in 'a' if x in request.form) or (\n"
        "        x for x in 'a' if x in request.form)\n",
        9, "request.form", "async generator",
    ),
    (
        VIEW + "def create():\n    app = Flask('x')\n    with app.app_context():\n        return app\n",
        8, "app.app_context()", "makes the application",
    ),
    (VIEW + "@app.url_defaults\ndef add(e, v):\n    v['x'] = request.form\n", 8, "request.form", "synchronously"),
    (VIEW + "app.wsgi_app = print(app.wsgi_app)\n", 6, "app.wsgi_app", "ASGI"),
    (VIEW + "@app.get('/')\ndef x():\n    return request.environ['X']\n", 8, "request.environ", "request.scope"),
    ("from flask import *\n", 1, "from flask import *", "Import the names"),
    ("from flask import nonsense\n", 1, "from flask import nonsense", "nothing of this name"),
    ("from flask_login import header_loader\n", 1, "from flask_login import header_loader", "nothing of this name"),
    ("import flask_unheard_of\n", 1, "flask_unheard_of", "Do what it does with Quart's own names"),
    (
        VIEW + "import threading\n\n\ndef send(x):\n    return render_template('x')\n\n\n"
        "threading.Thread(target=send).start()\n",
        13, "send", "add_background_task(send",
    ),
    (
        VIEW + "class Page:\n    def show(self):\n        return render_template('x')\n\n\n"
        "def each(pages):\n    return [page.show() for page in pages]\n",
        12, "page.show", "`Page.show`, which is async now",
    ),
    (
        "import flask\n\nlook = lambda: flask.request.form\n",
        3, "quart.request.form", "a lambda cannot await",
    ),
    (
        VIEW + "import logging\n\n\nclass Form(logging.Filter):\n    def filter(self, record):\n"
        "        record.form = request.form\n        return True\n",
        11, "request.form", "`logging.Filter` calls `filter` synchronously",
    ),
    (
        VIEW + "from pages import Page\n\n\nclass Form(Page):\n    def text(self):\n"
        "        return render_template('x')\n",
        10, "Form.text", "`pages.Page` may call it",
    ),
    (
        "from sqlalchemy.orm import scoped_session, sessionmaker\n\nSession = scoped_session(sessionmaker())\n",
        3, "scoped_session(sessionmaker())", "scopefunc=lambda: id(g._get_current_object())",
    ),
    ("PAGE = '{{ request.form.name }} request.files'\n", 1, "request.form", "request_form=await request.form"),
    ("from webargs.flaskparser import use_args\n", 1, "webargs.flaskparser", "AsyncParser"),
    ("from sentry_sdk.integrations import flask\n", 1, "sentry_sdk.integrations.flask", "integrations.quart"),
    ("import unheard.flask_ext\n", 1, "unheard.flask_ext", "Write the few lines"),
    (
        VIEW + "import asyncio\n\n\n@app.get('/')\ndef index():\n    return asyncio.run(None)\n",
        11, "asyncio.run(None)", "inside the loop",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "line", "what", "part"), TO_DO)
def test_to_do(tmp_path: Path, code: str, line: int, what: str, part: str) -> None:
    """What cannot be ported is named with its line, marked in the code, and left by every later run, too."""
    found = [each for each in findings(tmp_path, code) if each.level is Level.TODO]

    assert [(each.line, each.what) for each in found if part in str(each)] == [(line, what)]

    file = port(tmp_path / "site.py").files[0]
    assert any(f"# PORT: {each.what}: {each.why}. {each.do}" in file.after.decode() for each in found)
    file.path.write_bytes(file.after)
    again = port(file.path)
    assert not again.files[0].is_changed
    assert not again.is_complete


TO_CHECK = [
    ("import time\n    time.sleep(1)", "time.sleep", "asyncio.sleep"),
    ("import requests\n    requests.Session().get('http://x')", "requests", "httpx.AsyncClient"),
    ("from sqlite3 import connect\n    connect('x').execute('')", "sqlite3", "aiosqlite"),
    ("open('x')", "open", "aiofiles"),
    ("from unheard_of import Database\n    Database().session.execute('')", "unheard_of.Database.session",
     "asyncio extension"),
    ("from werkzeug.security import generate_password_hash as h\n    h('x')",
     "werkzeug.security.generate_password_hash", "to_thread"),
    ("import threading\n    threading.local()", "threading.local()", "ContextVar"),
    ("app.run()", "app.run()", "Hypercorn"),
    ("pass\n\n\nwith app.app_context():\n    print(1)", "app.app_context()", "at the start"),
    ("app.config['LOGIN_DISABLED'] = True", "LOGIN_DISABLED", "LoginClient"),
    ("return request.headers['X-Forwarded-For']", "X-Forwarded-For", "any client can send"),
    ("return request.get_json()['x']", "request.get_json", "abort(415)"),
    ("return request.json['x']", "request.json", "abort(415)"),
]  # fmt: skip


def view(body: str) -> str:
    """An application with one view."""
    return f"{VIEW}@app.get('/')\ndef index():\n    {body}\n"


@pytest.mark.parametrize(("body", "what", "part"), TO_CHECK)
def test_to_check(tmp_path: Path, body: str, what: str, part: str) -> None:
    """What goes on, and may mean something else, is named, and is no reason not to be done."""
    found = findings(tmp_path, view(body))

    assert [(each.level, each.what) for each in found] == [(Level.CHECK, what)]
    assert part in str(found[0])


def test_json_that_may_be_missing_is_expected(tmp_path: Path) -> None:
    """Who reads JSON silently has thought of None already."""
    assert (
        findings(tmp_path, f"{VIEW}@app.get('/')\ndef index():\n    return request.get_json(silent=True) or {{}}\n")
        == []
    )


def test_blocking_is_found_where_a_view_leads(tmp_path: Path) -> None:
    """A blocking call counts where a request gets to it, however far down, and nowhere else."""
    code = VIEW + (
        "import time\n\n\ndef far():\n    time.sleep(1)\n    time.sleep(2)\n\n\ndef unused():\n    time.sleep(1)\n\n\n"
        "def near():\n    far()\n\n\n@app.get('/')\ndef index():\n    near()\n    return ''\n"
    )

    assert [(each.line, each.what) for each in findings(tmp_path, code)] == [(10, "time.sleep")]


def test_foreign_decorators_are_named(tmp_path: Path) -> None:
    """A decorator of another package may call the view without awaiting it."""
    code = VIEW + "from caches import cached\n\n\n@app.get('/')\n@cached(60)\ndef index():\n    return ''\n"

    assert [each.what for each in findings(tmp_path, code)] == ["@cached(60)"]


@pytest.mark.parametrize(
    "code",
    [
        VIEW + "class Middleware:\n    def __init__(self, wsgi_app):\n        self.wsgi_app = wsgi_app\n\n\n"
        "app.wsgi_app = Middleware(app.wsgi_app)\n",
        VIEW + "class Page(dict):\n    def text(self):\n        return render_template('x')\n\n\n"
        "@app.get('/')\ndef index():\n    return Page().text()\n",
        "from sqlalchemy.orm import scoped_session\n\nSession = scoped_session(print, scopefunc=print)\n",
    ],
)
def test_no_false_alarm(tmp_path: Path, code: str) -> None:
    """Nothing is said but of what Quart's application does not have, where that is."""
    assert {each.what for each in findings(tmp_path, code)} <= {"app.wsgi_app"}


def test_names_that_others_import_from_here_stay(tmp_path: Path) -> None:
    """A module that others take a renamed name from, by import or as its attribute, goes on giving it to them."""
    (tmp_path / "forms.py").write_text("from flask_wtf import FlaskForm\nfrom flask import Flask, g\n\nFlask\n")
    (tmp_path / "login.py").write_text("import forms\nfrom forms import FlaskForm\n\nforms.Flask\nFlaskForm\n")

    after = {file.shown: file.after.decode() for file in port(tmp_path).files}

    assert after["forms.py"] == ("from compat.forms import FlaskForm\nfrom quart import Quart as Flask, g\n\nFlask\n")
    assert after["login.py"] == (tmp_path / "login.py").read_text()


def test_module_of_the_name_of_this_package_is_to_do(tmp_path: Path) -> None:
    """A module `compat` of the application's own hides this package; one inside a package does not."""
    (tmp_path / "compat.py").touch()
    (tmp_path / "site_of_ours").mkdir()
    (tmp_path / "site_of_ours" / "__init__.py").touch()
    (tmp_path / "site_of_ours" / "compat.py").touch()

    assert [(each.path, each.what) for each in port(tmp_path).findings] == [("compat.py", "compat")]


def test_context_of_an_application_in_the_making_is_its_startup(tmp_path: Path) -> None:
    """What is done in a context while the application is made is done at the start of serving."""
    before = """
    from flask import Flask, current_app, flash

    prepare = None


    def greet():
        flash("Hello")


    def create_app():
        app = Flask(__name__)

        # what it needs
        with app.app_context():
            for name in "ab":
                print(name, current_app.name)
            greet()

        return app


    app = Flask(__name__)


    with app.app_context():
        import json
        json.dumps(1)
    """
    after = """
    from quart import Quart, current_app, flash

    prepare = None


    async def greet():
        await flash("Hello")


    def create_app():
        app = Quart(__name__)

        # what it needs
        @app.before_serving
        async def prepare_2():
            for name in "ab":
                print(name, current_app.name)
            await greet()

        return app


    app = Quart(__name__)


    @app.before_serving
    async def prepare_3():
        import json
        json.dumps(1)
    """
    (tmp_path / "site.py").write_text(dedent(before).lstrip("\n"))

    for _ in ("first", "again"):
        file = port(tmp_path / "site.py").files[0]
        assert file.after.decode() == dedent(after).lstrip("\n")
        file.path.write_bytes(file.after)


def test_g_after_a_request_of_the_test_client(tmp_path: Path) -> None:
    """Quart's test client does not keep `g`, so a test that looks at it is to do."""
    code = """
    from flask import Flask, g

    app = Flask(__name__)


    def test_it():
        with app.test_client() as client:
            client.get("/")
            assert g.user
    """

    found = [each for each in findings(tmp_path, code, "test_site.py") if each.what == "g"]

    assert [(each.line, each.level) for each in found] == [(9, Level.TODO)]


def test_tree_of_another_package_is_not_followed_for_ever(tmp_path: Path) -> None:
    """A function that walks a tree of many kinds of branches has no path for each way through it."""
    calls = "".join(f"    walk(tree.a_branch_of_the_tree_{number})\n" for number in range(4))
    (tmp_path / "walk.py").write_text(f"from trees import Tree\n\n\ndef walk(tree):\n{calls}\n\nwalk(Tree.root)\n")
    path = tmp_path / "walk.py"

    facts = Inference([read_module(path, "walk.py", ["walk"], "", path.read_bytes())]).facts

    assert max(len(values) for values in facts.values()) <= 64


def test_a_package_wins_over_a_script_of_its_name(tmp_path: Path) -> None:
    """``site.py`` starts the application, and ``site/`` is it: Python imports the package."""
    (tmp_path / "blog").mkdir()
    (tmp_path / "blog.py").write_text("from blog import app\n\nif __name__ == '__main__':\n    app.run()\n")
    (tmp_path / "blog" / "__init__.py").write_text(
        "from flask import Flask, request\n\napp = Flask(__name__)\n\n\ndef form():\n    return request.form\n"
    )
    (tmp_path / "blog" / "views.py").write_text("from . import form\n\n\ndef view():\n    return form()['x']\n")

    after = {file.shown: file.after.decode() for file in port(tmp_path).files}

    assert "return (await form())['x']" in after["blog/views.py"]


def test_exempting_from_csrf_protection_is_known(tmp_path: Path) -> None:
    """quart-wtforms has Flask-WTF's decorator, which takes async views."""
    code = "from flask_wtf import CSRFProtect\n\ncsrf = CSRFProtect(app)\n\n\n"
    code += "@app.post('/')\n@csrf.exempt\ndef index():\n    return ''\n"

    assert findings(tmp_path, VIEW + code) == []


PATCHED = """
from flask import Flask, request
import site_of_ours

app = Flask(__name__)


class Item:
    def load(self):
        return request.form


def load():
    return request.form


def sync():
    return {}


async def right():
    return {}


def test_it(monkeypatch):
    HERE
"""


@pytest.mark.parametrize(
    "code",
    [
        "monkeypatch.setattr('test_site.load', lambda: {})",
        "monkeypatch.setattr('test_site.Item.load', lambda self: {})",
        "monkeypatch.setattr(Item, 'load', lambda self: {})",
        "monkeypatch.setattr('test_site.load', sync)",
    ],
)
def test_what_replaces_an_async_function_is_to_do(tmp_path: Path, code: str) -> None:
    """A sync function that a test puts in its place cannot be awaited."""
    found = findings(tmp_path, PATCHED.replace("HERE", code), "test_site.py")
    found = [each for each in found if each.what != "pytest"]

    assert [(each.line, each.what, each.level) for each in found] == [(25, code, Level.TODO)]
    assert "`load` is async now" in found[0].why


@pytest.mark.parametrize(
    "code",
    [
        "monkeypatch.setattr('test_site.load', right)",
        "monkeypatch.setattr('test_site.sync', lambda: {})",
        "monkeypatch.setattr('test_site.load', lambda: right())",
        "monkeypatch.setattr('unheard.load', lambda: {})",
        "monkeypatch.setattr(site_of_ours, 'load', lambda: {})",
    ],
)
def test_what_replaces_others_is_left(tmp_path: Path, code: str) -> None:
    """An async function may replace one, and what stays sync may be replaced by anything."""
    found = findings(tmp_path, PATCHED.replace("HERE", code), "test_site.py")

    assert [each for each in found if each.what != "pytest"] == []
