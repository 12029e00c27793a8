"""Anitya: class-based views, API keys, strong session protection, and a database without Flask-SQLAlchemy."""

from __future__ import annotations

from tests.port.public.application import Application, Edit
from tests.port.public.sources import Sdist

_INTEGRATION = "a part of another package that is made for Flask"
_MIDDLEWARE = "WSGI middleware"

_ANITYA_DATABASE = """\
from quart import current_app, g
from sqlalchemy.orm import scoped_session
from sqlalchemy_helpers import DatabaseManager


class DatabaseExtension:
    def init_app(self, app):
        manager = DatabaseManager(app.config["SQLALCHEMY_DATABASE_URI"], app.config["DB_ALEMBIC_LOCATION"])
        manager.Session = scoped_session(
            manager.Session.session_factory, scopefunc=lambda: id(g._get_current_object())
        )
        app.extensions["database"] = manager

    @property
    def manager(self):
        return current_app.extensions["database"]

    @property
    def session(self):
        return self.manager.Session()

"""
_ANITYA_PARSER = """\
class Parser(AsyncParser):
    def load_querystring(self, request, schema):
        return self._makeproxy(request.args, schema)

    async def load_form(self, request, schema):
        return self._makeproxy(await request.form, schema)

    async def load_json(self, request, schema):
        return await request.get_json() if request.is_json else missing

"""
_ANITYA_WSGI = """\
    def __call__(self, environ, start_response):
        \"""
        Set the scheme to correct one.

        Default is http://
        \"""
        # if one of x_forwarded or preferred_url is https, prefer it.
        forwarded_scheme = environ.get("HTTP_X_FORWARDED_PROTO", None)
        preferred_scheme = self.config.get("PREFERRED_URL_SCHEME", None)
        if "https" in [forwarded_scheme, preferred_scheme]:
            environ["wsgi.url_scheme"] = "https"
        return self.wsgi_app(environ, start_response)
"""
_ANITYA_ASGI = """\
    async def __call__(self, scope, receive, send):
        # if one of x_forwarded or preferred_url is https, prefer it.
        forwarded_scheme = dict(scope.get("headers", ())).get(b"x-forwarded-proto", b"").decode("latin-1")
        preferred_scheme = self.config.get("PREFERRED_URL_SCHEME", None)
        if scope["type"] == "http" and "https" in [forwarded_scheme, preferred_scheme]:
            scope = {**scope, "scheme": "https"}
        await self.wsgi_app(scope, receive, send)
"""

APPLICATIONS = {
    "anitya": Application(
        title="Anitya, Fedora's release monitoring",
        source=Sdist("anitya", "2.3.0", "d167bf60ac5bc58c12ae89cdcb6349e6b642d399abb63386f4f98dbd0d733d9f"),
        parts=["anitya", "createdb.py", "pyproject.toml"],
        journey="test_anitya.py",
        tests="test_anitya.py",
        requires=["alembic==1.20.1", "anitya-schema==2.3.0", "arrow", "Authlib==1.9.9", "beautifulsoup4", "defusedxml",
                  "fedora-messaging==3.9.1", "Flask-WTF==1.3.0", "quart-wtforms==1.0.3", "httpx", "ordered-set",
                  "python-dateutil", "requests", "semver", "six", "sqlalchemy-helpers==2.0.1", "toml",
                  "webargs==8.7.1"],
        by_hand=[
            Edit("anitya/db/meta.py",
                 "from sqlalchemy_helpers.flask_ext import DatabaseExtension\n",
                 _ANITYA_DATABASE, _INTEGRATION),
            Edit("anitya/api_v2.py",
                 "from webargs.flaskparser import FlaskParser\n",
                 "from webargs.asyncparser import AsyncParser\nfrom webargs.core import missing\n", _INTEGRATION),
            Edit("anitya/api_v2.py", "class Parser(FlaskParser):\n", _ANITYA_PARSER, _INTEGRATION),
            Edit("anitya/api_v2.py", "    raise NotImplementedError('PORT: Parser.handle_error')\n", "",
                 "AsyncParser awaits it"),
            Edit("anitya/api_v2.py", "args = parser.parse(", "args = await parser.parse(", _INTEGRATION, times=9),
            Edit("anitya/app.py",
                 "    app.wsgi_app = ReverseProxied(app.wsgi_app, config)\n",
                 "    app.asgi_app = ReverseProxied(app.asgi_app, config)\n", _MIDDLEWARE),
            Edit("anitya/reverse_proxy.py", _ANITYA_WSGI, _ANITYA_ASGI, _MIDDLEWARE),
        ],
    ),
}  # fmt: skip
