"""What the assistant makes of a few lines: before, after, and what that shows."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Snippet:
    """Code before and after the port, and the sentence that it shows."""

    says: str
    before: str
    after: str


def _snippet(says: str, before: str, after: str) -> Snippet:
    return Snippet(says, dedent(before).lstrip("\n"), dedent(after).lstrip("\n"))


def _view(says: str, before: str, after: str, imports: str = "request") -> Snippet:
    """Lines of one view, without what is around them."""
    names = ", ".join(["Blueprint", *imports.split(", ")])
    head = f'from {{}} import {names}\n\nbp = Blueprint("site", __name__)\n\n\n@bp.route("/")\n{{}} view():\n'

    def whole(package: str, define: str, lines: str) -> str:
        body = "".join(f"    {line}\n" for line in dedent(lines).strip("\n").splitlines())
        return head.format(package, define) + body

    return Snippet(says, whole("flask", "def", before), whole("quart", "async def", after))


IMPORTS = [
    _snippet(
        "imports come from Quart and compat",
        """
        from flask import Flask, render_template
        from flask_login import LoginManager, current_user
        from flask_login.utils import login_url
        """,
        """
        from quart import Quart, render_template
        from compat import LoginManager, current_user
        from compat.utils import login_url
        """,
    ),
    _snippet(
        "comments and layout of an import stay",
        """
        from flask import (  # the framework
            Flask,  # the application
            g,
        )
        """,
        """
        from quart import (  # the framework
            Quart,  # the application
            g,
        )
        """,
    ),
    _snippet(
        "an alias stays",
        """
        from flask import Flask as Site, request as r

        site = Site(__name__)


        @site.post("/")
        def index():
            return r.form["name"]
        """,
        """
        from quart import Quart as Site, request as r

        site = Site(__name__)


        @site.post("/")
        async def index():
            return (await r.form)["name"]
        """,
    ),
    _snippet(
        "names are found through the module, too",
        """
        import flask
        import flask_login

        app = flask.Flask(__name__)
        manager = flask_login.LoginManager(app)


        @app.route("/")
        @flask_login.login_required
        def index() -> flask.Response:
            return flask.make_response(flask.render_template("index.html"))
        """,
        """
        import quart
        import compat

        app = quart.Quart(__name__)
        manager = compat.LoginManager(app)


        @app.route("/")
        @compat.login_required
        async def index() -> quart.Response:
            return await quart.make_response(await quart.render_template("index.html"))
        """,
    ),
    _snippet(
        "annotations follow the class",
        """
        from flask import Flask
        from flask.testing import FlaskClient


        def make() -> Flask:
            app: Flask = Flask("site")
            return app


        def look(client: FlaskClient):
            return client.get("/").status_code
        """,
        """
        from quart import Quart
        from quart.testing import QuartClient


        def make() -> Quart:
            app: Quart = Quart("site")
            return app


        async def look(client: QuartClient):
            return (await client.get("/")).status_code
        """,
    ),
    _snippet(
        "another name of the same spelling is left alone",
        """
        from flask import request


        class Flask:
            pass


        def form(request):
            return request.form, Flask()
        """,
        """
        from quart import request


        class Flask:
            pass


        def form(request):
            return request.form, Flask()
        """,
    ),
    _snippet(
        "names that Flask has dropped come from where they live",
        """
        from flask import Markup, url_for
        """,
        """
        from markupsafe import Markup
        from quart import url_for
        """,
    ),
    _snippet(
        "submodules are moved",
        """
        from flask.views import MethodView
        from flask.json import dumps
        from flask.globals import session
        """,
        """
        from quart.views import MethodView
        from quart.json import dumps
        from quart import session
        """,
    ),
]

AWAITS = [
    _view("a subscript gets parentheses", 'return request.form["x"]', 'return (await request.form)["x"]'),
    _view("so does a method", 'return request.form.get("x", "")', 'return (await request.form).get("x", "")'),
    _view("an argument gets none", "return dict(request.form)", "return dict(await request.form)"),
    _view("a comparison gets none", 'return "x" in request.form', 'return "x" in await request.form'),
    _view(
        "a chain of or awaits each",
        'return request.form.get("x") or request.args.get("x") or request.get_json()["x"]',
        'return (await request.form).get("x") or request.args.get("x") or (await request.get_json())["x"]',
    ),
    _view(
        "a conditional expression awaits in its branches",
        'return request.json if request.is_json else request.form["x"]',
        'return await request.json if request.is_json else (await request.form)["x"]',
    ),
    _view(
        "a walrus awaits its value",
        "if (data := request.get_json(silent=True)) is None:\n    return {}\nreturn data",
        "if (data := await request.get_json(silent=True)) is None:\n    return {}\nreturn data",
    ),
    _view(
        "a comprehension awaits what it goes over",
        "return {name: value for name, value in request.form.items() if name in request.files}",
        "return {name: value for name, value in (await request.form).items() if name in await request.files}",
    ),
    _view(
        "a generator that is used up at once becomes a list",
        'return str(all(name in request.form for name in ("a", "b")))',
        'return str(all([name in await request.form for name in ("a", "b")]))',
    ),
    _view(
        "what a generator goes over is awaited outside of it",
        'return ",".join(key for key in request.form)',
        'return ",".join(key for key in await request.form)',
    ),
    _view("a string with braces awaits", 'return f"{request.form}"', 'return f"{await request.form}"'),
    _view("not binds weaker", "return str(not request.data)", "return str(not await request.data)"),
    _view(
        "parentheses that are there are used",
        'return (request.form)["x"]',
        'return (await request.form)["x"]',
    ),
    _view(
        "a call over several lines keeps them",
        'return render_template(\n    "x.html",  # the page\n    name=request.form["x"],\n)',
        'return await render_template(\n    "x.html",  # the page\n    name=(await request.form)["x"],\n)',
        "render_template, request",
    ),
    _view(
        "a nested call awaits twice",
        'response = make_response(render_template("x.html"))\nresponse.status_code = 201\nreturn response',
        'response = await make_response(await render_template("x.html"))\nresponse.status_code = 201\nreturn response',
        "make_response, render_template",
    ),
    _view(
        "what Quart leaves sync is left",
        'session["x"] = url_for("site.view")\nreturn jsonify(request.args)\n',
        'session["x"] = url_for("site.view")\nreturn jsonify(request.args)\n',
        "jsonify, request, session, url_for",
    ),
    _view(
        "uploads are saved asynchronously",
        'upload = request.files["x"]\nupload.save("x")\nreturn ""',
        'upload = (await request.files)["x"]\nawait upload.save("x")\nreturn ""',
    ),
    _view(
        "a response's body is awaited, and setting it is not",
        'response = make_response("x")\nresponse.data = response.get_data() + b"y"\nreturn response',
        'response = await make_response("x")\nresponse.data = await response.get_data() + b"y"\nreturn response',
        "make_response",
    ),
    _view(
        "flashing stays a statement of its own",
        'flash("Saved.", "info")  # tell them\nreturn ""',
        'await flash("Saved.", "info")  # tell them\nreturn ""',
        "flash",
    ),
]

FUNCTIONS = [
    _snippet(
        "functions that await make their callers await",
        """
        from flask import Flask, render_template

        app = Flask(__name__)


        def page(name):
            return render_template(name)


        def numbered(name, number):
            return page(name) + str(number)


        def unrelated():
            return 1


        @app.route("/")
        def index():
            return numbered("x.html", unrelated())
        """,
        """
        from quart import Quart, render_template

        app = Quart(__name__)


        async def page(name):
            return await render_template(name)


        async def numbered(name, number):
            return await page(name) + str(number)


        def unrelated():
            return 1


        @app.route("/")
        async def index():
            return await numbered("x.html", unrelated())
        """,
    ),
    _snippet(
        "methods are followed through objects and super()",
        """
        from flask import Flask, render_template

        app = Flask(__name__)


        class Page:
            def show(self):
                return render_template("x.html")


        class Bold(Page):
            def show(self):
                return "<b>" + super().show() + "</b>"


        bold = Bold()
        app.add_url_rule("/", "index", lambda: "")


        @app.get("/bold")
        def index():
            return bold.show()
        """,
        """
        from quart import Quart, render_template

        app = Quart(__name__)


        class Page:
            async def show(self):
                return await render_template("x.html")


        class Bold(Page):
            async def show(self):
                return "<b>" + await super().show() + "</b>"


        bold = Bold()
        app.add_url_rule("/", "index", lambda: "")


        @app.get("/bold")
        async def index():
            return await bold.show()
        """,
    ),
    _snippet(
        "a decorator of the application awaits the view that it wraps",
        """
        from functools import wraps

        from flask import Blueprint, abort
        from flask_login import current_user, login_required

        bp = Blueprint("admin", __name__)


        def role_required(role):
            def decorator(view):
                @wraps(view)
                def wrapper(*args, **kwargs):
                    if current_user.role != role:
                        abort(403)
                    return view(*args, **kwargs)

                return wrapper

            return decorator


        admin_required = role_required("admin")


        @bp.route("/")
        @login_required
        @admin_required
        def index():
            return "secret"
        """,
        """
        from functools import wraps

        from quart import Blueprint, abort
        from compat import current_user, login_required

        bp = Blueprint("admin", __name__)


        def role_required(role):
            def decorator(view):
                @wraps(view)
                async def wrapper(*args, **kwargs):
                    if current_user.role != role:
                        abort(403)
                    return await view(*args, **kwargs)

                return wrapper

            return decorator


        admin_required = role_required("admin")


        @bp.route("/")
        @login_required
        @admin_required
        async def index():
            return "secret"
        """,
    ),
    _snippet(
        "a decorator made for Flask's async views goes on",
        """
        from functools import wraps

        from flask import Flask, current_app

        app = Flask(__name__)


        def logged(view):
            @wraps(view)
            def wrapper(**kwargs):
                return current_app.ensure_sync(view)(**kwargs)

            return wrapper


        @app.route("/")
        @logged
        def index():
            return ""
        """,
        """
        from functools import wraps

        from quart import Quart, current_app

        app = Quart(__name__)


        def logged(view):
            @wraps(view)
            async def wrapper(**kwargs):
                return await current_app.ensure_async(view)(**kwargs)

            return wrapper


        @app.route("/")
        @logged
        async def index():
            return ""
        """,
    ),
    _snippet(
        "hooks are async, whether decorated or registered, so that a request stays in one thread",
        """
        from flask import Flask, g

        app = Flask(__name__)


        @app.before_request
        def connect():
            g.db = object()


        def close(error=None):
            g.pop("db", None)


        def missing(error):
            return "none", 404


        app.teardown_appcontext(close)
        app.register_error_handler(404, missing)
        """,
        """
        from quart import Quart, g

        app = Quart(__name__)


        @app.before_request
        async def connect():
            g.db = object()


        async def close(error=None):
            g.pop("db", None)


        async def missing(error):
            return "none", 404


        app.teardown_appcontext(close)
        app.register_error_handler(404, missing)
        """,
    ),
    _snippet(
        "the login manager's functions are async, and its answers are awaited",
        """
        from flask import Flask, flash, redirect
        from flask_login import LoginManager, current_user

        app = Flask(__name__)
        login_manager = LoginManager(app)


        @login_manager.user_loader
        def load_user(user_id):
            return None


        @login_manager.unauthorized_handler
        def refuse():
            flash("Log in first.")
            return redirect("/login")


        @app.before_request
        def closed():
            if not current_user.is_authenticated:
                return login_manager.unauthorized()
        """,
        """
        from quart import Quart, flash, redirect
        from compat import LoginManager, current_user

        app = Quart(__name__)
        login_manager = LoginManager(app)


        @login_manager.user_loader
        async def load_user(user_id):
            return None


        @login_manager.unauthorized_handler
        async def refuse():
            await flash("Log in first.")
            return redirect("/login")


        @app.before_request
        async def closed():
            if not current_user.is_authenticated:
                return await login_manager.unauthorized()
        """,
    ),
    _snippet(
        "class-based views are views, and their decorators wrap views",
        """
        from flask import request
        from flask.views import MethodView


        def counted(view):
            def wrapper(**kwargs):
                return view(**kwargs)

            return wrapper


        class Notes(MethodView):
            decorators = [counted]

            def get(self):
                return []

            def post(self):
                return self.save(request.get_json())

            def save(self, note):
                return note
        """,
        """
        from quart import request
        from quart.views import MethodView


        def counted(view):
            async def wrapper(**kwargs):
                return await view(**kwargs)

            return wrapper


        class Notes(MethodView):
            decorators = [counted]

            async def get(self):
                return []

            async def post(self):
                return self.save(await request.get_json())

            def save(self, note):
                return note
        """,
    ),
    _snippet(
        "commands stay sync, and go on in an application context",
        """
        import click
        from flask import Flask

        app = Flask(__name__)


        @app.cli.command("init")
        def init():
            print("ready")


        @click.command("drop")
        def drop():
            print("gone")


        app.cli.add_command(drop)
        """,
        """
        import click
        from quart import Quart
        from quart.cli import with_appcontext

        app = Quart(__name__)


        @app.cli.command("init", with_appcontext=True)
        def init():
            print("ready")


        @click.command("drop")
        @with_appcontext
        def drop():
            print("gone")


        app.cli.add_command(drop)
        """,
    ),
    _snippet(
        "a file of the package is read as before",
        '''
        """The database."""

        from flask import current_app


        def schema():
            with current_app.open_resource("schema.sql") as file:
                return file.read()
        ''',
        '''
        """The database."""

        import os

        from quart import current_app


        def schema():
            with open(os.path.join(current_app.root_path, "schema.sql"), "rb") as file:
                return file.read()
        ''',
    ),
    _snippet(
        "a streamed generator with a context is given as a function",
        """
        from flask import Flask, request, stream_with_context

        app = Flask(__name__)


        @app.post("/")
        def stream():
            def lines(end):
                for name in request.form:
                    yield name + end

            return app.response_class(stream_with_context(lines("!")))
        """,
        """
        from quart import Quart, request, stream_with_context

        app = Quart(__name__)


        @app.post("/")
        async def stream():
            async def lines(end):
                for name in await request.form:
                    yield name + end

            return app.response_class(stream_with_context(lines)("!"))
        """,
    ),
    _snippet(
        "forms of Flask-WTF are made and validated asynchronously",
        """
        from flask import Flask, render_template
        from flask_wtf import FlaskForm
        from wtforms import StringField

        app = Flask(__name__)


        class NameForm(FlaskForm):
            name = StringField()


        @app.route("/", methods=["GET", "POST"])
        def index():
            form = NameForm(name="x")
            if form.validate_on_submit():
                return form.name.data
            return render_template("x.html", form=form)
        """,
        """
        from quart import Quart, render_template
        from compat.forms import FlaskForm
        from wtforms import StringField

        app = Quart(__name__)


        class NameForm(FlaskForm):
            name = StringField()


        @app.route("/", methods=["GET", "POST"])
        async def index():
            form = await NameForm.create_form(name="x")
            if await form.validate_on_submit():
                return form.name.data
            return await render_template("x.html", form=form)
        """,
    ),
    _snippet(
        "a form that is made by a method of its own is made there",
        """
        from flask import request
        from flask_wtf import FlaskForm


        class NameForm(FlaskForm):
            @classmethod
            def create_form(cls, name):
                return cls(name=name)


        def make():
            return NameForm(request.form)
        """,
        """
        from quart import request
        from compat.forms import FlaskForm


        class NameForm(FlaskForm):
            @classmethod
            def create_form(cls, name):
                return cls(name=name)


        async def make():
            return await NameForm.create_form(await request.form)
        """,
    ),
    _snippet(
        "the login manager is known as the application's, too",
        """
        from flask import current_app


        @current_app.before_request
        def closed():
            return current_app.login_manager.unauthorized()
        """,
        """
        from quart import current_app


        @current_app.before_request
        async def closed():
            return await current_app.login_manager.unauthorized()
        """,
    ),
    _snippet(
        "a form that validates itself is awaited, with or without its base",
        """
        from flask_wtf import FlaskForm


        class NameForm(FlaskForm):
            def validate(self, extra_validators=None):
                return super().validate(extra_validators) and self.name.data != "admin"


        class OpenForm(FlaskForm):
            def validate(self, extra_validators=None):
                return True
        """,
        """
        from compat.forms import FlaskForm


        class NameForm(FlaskForm):
            async def validate(self, extra_validators=None):
                return await super().validate(extra_validators) and self.name.data != "admin"


        class OpenForm(FlaskForm):
            async def validate(self, extra_validators=None):
                return True
        """,
    ),
    _snippet(
        "what is kept on g is followed to where it is used",
        """
        from flask import Flask, g
        from flask_wtf import FlaskForm

        app = Flask(__name__)


        class SearchForm(FlaskForm):
            pass


        @app.before_request
        def search():
            g.form = SearchForm()


        @app.get("/")
        def index():
            return "" if g.form.validate() else "wrong"
        """,
        """
        from quart import Quart, g
        from compat.forms import FlaskForm

        app = Quart(__name__)


        class SearchForm(FlaskForm):
            pass


        @app.before_request
        async def search():
            g.form = await SearchForm.create_form()


        @app.get("/")
        async def index():
            return "" if await g.form.validate() else "wrong"
        """,
    ),
    _snippet(
        "coroutines that are scheduled are not awaited",
        """
        import asyncio

        from flask import Flask, render_template

        app = Flask(__name__)


        @app.get("/")
        async def both():
            return "".join(await asyncio.gather(render_template("a"), render_template("b")))
        """,
        """
        import asyncio

        from quart import Quart, render_template

        app = Quart(__name__)


        @app.get("/")
        async def both():
            return "".join(await asyncio.gather(render_template("a"), render_template("b")))
        """,
    ),
]

TESTS = [
    _snippet(
        "a test client is awaited, its forms are called so, and its contexts are async",
        """
        from flask import session
        import pytest

        from site_of_ours import app


        @pytest.fixture
        def client():
            app.config["TESTING"] = True
            with app.test_client() as client:
                yield client


        def log_in(client, name):
            return client.post("/login", data=dict(name=name), follow_redirects=True)


        def test_login(client):
            page = log_in(client, "susan")
            assert b"Hi" in page.data
            assert page.get_json() is None and page.json is None
            assert "Hi" in page.text
            with client.session_transaction() as stored:
                stored["x"] = 1
            with client:
                assert client.get("/", query_string={"a": 1}).status_code == 200
                assert session["x"] == 1


        def test_nothing():
            assert app.name
        """,
        """
        from quart import session
        import pytest

        from site_of_ours import app


        @pytest.fixture
        async def client():
            app.config["TESTING"] = True
            async with app.test_client() as client:
                yield client


        async def log_in(client, name):
            return await client.post("/login", form=dict(name=name), follow_redirects=True)


        async def test_login(client):
            page = await log_in(client, "susan")
            assert b"Hi" in await page.data
            assert await page.get_json() is None and await page.json is None
            assert "Hi" in await page.get_data(as_text=True)
            async with client.session_transaction() as stored:
                stored["x"] = 1
            async with client:
                assert (await client.get("/", query_string={"a": 1})).status_code == 200
                assert session["x"] == 1


        def test_nothing():
            assert app.name
        """,
    ),
    _snippet(
        "a context needs a path, and stays inside what is around it",
        """
        import pytest
        from flask import Flask

        app = Flask(__name__)


        def test_contexts():
            with pytest.raises(ValueError), app.app_context(), app.test_request_context():
                raise ValueError
        """,
        """
        import pytest
        from quart import Quart

        app = Quart(__name__)


        async def test_contexts():
            with pytest.raises(ValueError):
                async with app.app_context(), app.test_request_context("/"):
                    raise ValueError
        """,
    ),
    _snippet(
        "the user is loaded in a context that is pushed by hand",
        """
        from flask import Flask
        from flask_login import current_user, login_user

        app = Flask(__name__)


        def test_nobody():
            with app.test_request_context("/"):
                assert not current_user.is_authenticated
            with app.test_request_context("/a"):
                assert app.name
        """,
        """
        from quart import Quart
        from compat import current_user, login_user, load_user

        app = Quart(__name__)


        async def test_nobody():
            async with app.test_request_context("/"):
                await load_user()
                assert not current_user.is_authenticated
            async with app.test_request_context("/a"):
                assert app.name
        """,
    ),
    _snippet(
        "a context manager around a client is async",
        """
        from contextlib import contextmanager

        from flask import Flask

        app = Flask(__name__)


        @contextmanager
        def logged_in(name):
            with app.test_client() as client:
                client.post("/login", data={"name": name})
                yield client


        def test_page():
            with logged_in("susan") as client:
                assert client.get("/").status_code == 200
        """,
        """
        from contextlib import asynccontextmanager

        from quart import Quart

        app = Quart(__name__)


        @asynccontextmanager
        async def logged_in(name):
            async with app.test_client() as client:
                await client.post("/login", form={"name": name})
                yield client


        async def test_page():
            async with logged_in("susan") as client:
                assert (await client.get("/")).status_code == 200
        """,
    ),
    _snippet(
        "test cases of unittest are its async ones",
        """
        import unittest

        from flask import Flask


        class PageTests(unittest.TestCase):
            def setUp(self):
                self.app = Flask(__name__)
                self.context = self.app.app_context()
                self.context.push()
                self.client = self.app.test_client()

            def tearDown(self):
                self.context.pop()

            def test_page(self):
                self.assertEqual(self.client.get("/").status_code, 404)
        """,
        """
        import unittest

        from quart import Quart


        class PageTests(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                self.app = Quart(__name__)
                self.context = self.app.app_context()
                await self.context.push()
                self.client = self.app.test_client()

            async def asyncTearDown(self):
                await self.context.pop()

            async def test_page(self):
                self.assertEqual((await self.client.get("/")).status_code, 404)
        """,
    ),
    _snippet(
        "arguments have their names in Quart",
        """
        from flask import Flask

        app = Flask(__name__)


        def test_arguments():
            client = app.test_client()
            client.post("/", data="<a/>", content_type="text/xml")
            client.post("/", data={"a": 1}, content_type="multipart/form-data")
            client.post("/", data="<a/>", headers={"X-A": "a"}, content_type="text/xml")
            client.post("/", data={"a": 1}, content_type="multipart/form-data", headers={"X-A": "a"})
            client.get("/", headers=dict(a="b"), mimetype="text/xml")
            client.get("/", environ_base={"REMOTE_ADDR": "10.0.0.1"})
            client.get("/", base_url="http://example.com/")
            client.get("/", base_url="https://localhost")
            client.get("/", base_url="https://example.com", follow_redirects=True)
            client.set_cookie("name", "value")
            client.set_cookie("name", "value", domain="example.com")
            client.delete_cookie("name")
        """,
        """
        from quart import Quart

        app = Quart(__name__)


        async def test_arguments():
            client = app.test_client()
            await client.post("/", data="<a/>", headers={"Content-Type": "text/xml"})
            await client.post("/", form={"a": 1})
            await client.post("/", data="<a/>", headers={"X-A": "a", "Content-Type": "text/xml"})
            await client.post("/", form={"a": 1}, headers={"X-A": "a"})
            await client.get("/", headers={**dict(a="b"), "Content-Type": "text/xml"})
            await client.get("/", scope_base={"client": ("10.0.0.1", 0)})
            await client.get("/", headers={"Host": "example.com"})
            await client.get("/", scheme="https")
            await client.get("/", scheme="https", headers={"Host": "example.com"}, follow_redirects=True)
            client.set_cookie("localhost", "name", "value")
            client.set_cookie("example.com", "name", "value")
            client.delete_cookie("localhost", "name")
        """,
    ),
    _snippet(
        "a file of Werkzeug's own is not awaited, and a view that is called by hand is",
        """
        from flask import Flask, request
        from flask.views import MethodView
        from werkzeug.datastructures import FileStorage

        app = Flask(__name__)


        class Upload(MethodView):
            def post(self):
                request.files["x"].save("x")
                return "saved"


        def test_upload():
            FileStorage(open("x", "rb"), "x").save("y")
            with app.test_request_context():
                assert Upload.as_view("upload")() == "saved"
        """,
        """
        from quart import Quart, request
        from quart.views import MethodView
        from werkzeug.datastructures import FileStorage

        app = Quart(__name__)


        class Upload(MethodView):
            async def post(self):
                await (await request.files)["x"].save("x")
                return "saved"


        async def test_upload():
            FileStorage(open("x", "rb"), "x").save("y")
            async with app.test_request_context("/"):
                assert await Upload.as_view("upload")() == "saved"
        """,
    ),
]

SNIPPETS = [*IMPORTS, *AWAITS, *FUNCTIONS, *TESTS]
