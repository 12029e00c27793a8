from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.collect import read_module
from compat.port.findings import Finding, Level, as_json, as_markdown, as_text
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


def test_templates_are_given_what_they_cannot_await(tmp_path: Path) -> None:
    """A template that names `request.form` gets it from the view, through what it is included by."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{% include "form.html" %}')
    (tmp_path / "templates" / "form.html").write_text("request.form {{ request.form['x'] }} {{ request.path }}")
    (tmp_path / "site.py").write_text(VIEW + "@app.post('/')\ndef page():\n    return render_template('page.html')\n")

    files = {file.shown: file.after.decode() for file in port(tmp_path).files if file.is_changed}

    assert files["templates/form.html"] == "request.form {{ request_form['x'] }} {{ request.path }}"
    assert "await render_template('page.html', request_form=await request.form)" in files["site.py"]


def test_templates_that_nobody_names_are_to_do(tmp_path: Path) -> None:
    """A template whose view cannot be seen is left, and named."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "form.html").write_text("\n{{ request.form['x'] }}")

    (found,) = port(tmp_path).findings

    assert (found.path, found.line, found.what) == ("templates/form.html", 2, "request.form")


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("requirements.txt", "Flask==3.0\nflask-cors\nclick\ngunicorn>=20\n", ["Flask", "flask-cors", "gunicorn"]),
        ("requirements.txt", "dash==4.4.1\ndash[diskcache]\ndash[quart,async]>=4.4\ndash-ag-grid\n", ["dash", "dash"]),
        ("pyproject.toml", 'dependencies = [\n  "dash>=4",\n  "dash[async, quart]>=4.4",\n]\n', ["dash"]),
        ("requirements/dev.txt", "pytest-flask\n# flask\n", ["pytest-flask"]),
        ("pyproject.toml", '[project]\ndependencies = ["flask>=2", "flasky", "Flask-WTF"]\n', ["Flask-WTF", "flask"]),
        ("pyproject.toml", '[project]\nkeywords = ["flask", "login"]\n', []),
        ("notes.txt", "flask\n", []),
    ],
)  # fmt: skip
def test_requirements(tmp_path: Path, name: str, text: str, found: list[str]) -> None:
    """Requirements that the ported application has no use for are to do."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)

    assert [each.what for each in port(tmp_path).findings] == found


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\naddopts = -q\n",
         "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\naddopts = -q\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\n",
         '[tool.pytest.ini_options]\nasyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n'),
    ],
)  # fmt: skip
def test_pytest_is_told_to_await(tmp_path: Path, name: str, before: str, after: str) -> None:
    """Where tests become async, pytest's settings say so."""
    (tmp_path / name).write_text(before)
    (tmp_path / "test_site.py").write_text("def test_it(client):\n    client.get('/')\n")

    assert {file.shown: file.after.decode() for file in port(tmp_path).files}[name] == after


def test_fixture_that_outlives_a_test_has_one_loop_with_all(tmp_path: Path) -> None:
    """Where a fixture of a wider scope becomes async, all tests run in one event loop: its own."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_site.py").write_text(
        "import pytest\nfrom site_of_ours import app\n\n\n@pytest.fixture(scope='module')\ndef user():\n"
        "    app.test_client().get('/')\n\n\ndef test_it(user, client):\n    client.get('/')\n"
    )

    after = {file.shown: file.after.decode() for file in port(tmp_path).files}["pytest.ini"]

    assert "asyncio_default_fixture_loop_scope = session\nasyncio_default_test_loop_scope = session\n" in after


def test_tree_of_another_package_is_not_followed_for_ever(tmp_path: Path) -> None:
    """A function that walks a tree of many kinds of branches has no path for each way through it."""
    calls = "".join(f"    walk(tree.a_branch_of_the_tree_{number})\n" for number in range(4))
    (tmp_path / "walk.py").write_text(f"from trees import Tree\n\n\ndef walk(tree):\n{calls}\n\nwalk(Tree.root)\n")
    path = tmp_path / "walk.py"

    facts = Inference([read_module(path, "walk.py", ["walk"], "", path.read_bytes())]).facts

    assert max(len(values) for values in facts.values()) <= 64


def test_pytest_without_settings_is_to_do(tmp_path: Path) -> None:
    """Where pytest has no settings to change, the report says which to write."""
    (tmp_path / "test_site.py").write_text("def test_it(client):\n    client.get('/')\n")

    assert ["asyncio_mode = auto" in each.do for each in port(tmp_path).findings] == [True]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A file that is no Python, or in no known encoding, is named, and the others are ported."""
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "coded.py").write_bytes(b"# -*- coding: nonsense -*-\n")
    (tmp_path / "good.py").write_text("from flask import g\n")

    result = port(tmp_path)

    assert [(each.path, each.level) for each in result.findings] == [("broken.py", "todo"), ("coded.py", "todo")]
    assert [file.after for file in result.files] == [b"from quart import g\n"]


def test_reports() -> None:
    """A finding reads the same in each format."""
    found = [
        Finding("b.py", 2, Level.CHECK, "open", "it blocks", "Use aiofiles"),
        Finding("a.py", 1, Level.TODO, "x", "y", "Z"),
    ]

    assert as_text(found) == "a.py:1: todo: x: y. Z\nb.py:2: check: open: it blocks. Use aiofiles\n"
    assert "## To do by hand (1)\n\n- [ ] `a.py:1` **x**: y. Z\n\n## To check (1)\n" in as_markdown(found)
    assert json.loads(as_json(found))[1] == {
        "path": "b.py", "line": 2, "level": "check", "what": "open", "why": "it blocks", "do": "Use aiofiles",
    }  # fmt: skip


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


def test_an_extension_is_reported_once(tmp_path: Path) -> None:
    """With all files that import it; in each of them a comment stands above the import."""
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text("from flask_babel import _\n\nprint(_)\n")

    found = port(tmp_path)

    assert [str(each) for each in found.findings] == [
        (
            "a.py:1: todo: flask_babel: it is made for Flask, and is not ported, here and in b.py, c.py. "
            "Use quart-babel 1.0.7 (docs/extensions.md#flask-babel)"
        )
    ]
    assert all(b"# PORT: flask_babel" in file.after for file in found.files)


def test_what_blocks_is_reported_once_a_file(tmp_path: Path) -> None:
    """At its first place, with the number of the others."""
    views = "".join(f"@app.get('/{name}')\ndef {name}():\n    time.sleep(1)\n    open('x')\n\n\n" for name in "abc")
    found = findings(tmp_path, f"import time\n{VIEW}{views}")

    assert [(each.line, each.what) for each in found] == [(9, "time.sleep"), (10, "open")]
    assert all("until `a` goes on, and in 2 more places of this file" in each.why for each in found)


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
