"""Imports, and what stands at the head of a file."""

from __future__ import annotations

from .snippet import snippet

IMPORTS = [
    snippet(
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
    snippet(
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
    snippet(
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
    snippet(
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
    snippet(
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
    snippet(
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
    snippet(
        "names that Flask has dropped come from where they live",
        """
        from flask import Markup, url_for
        """,
        """
        from markupsafe import Markup
        from quart import url_for
        """,
    ),
    snippet(
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
