"""Which applications: what is fetched, what they need, how they are tested, and what is done to them by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Applications and journeys that we wrote, for Flask: they are ported like what is fetched.
OURS = Path(__file__).parent.parent / "applications"


@dataclass(frozen=True)
class Sdist:
    """A source distribution on the package index; *folder* inside is what is ported."""

    name: str
    version: str
    sha256: str
    folder: str = "."

    @property
    def requirement(self) -> str:
        """As pip reads it, with the only file that will do."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True)
class Edit:
    """A change by hand: *before*, which stands in the ported *file* once, or *times*, becomes *after*."""

    file: str
    before: str
    after: str
    why: str
    times: int = 1

    def apply(self, root: Path) -> None:
        """Make the change; ValueError if the assistant wrote something else."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.before) != self.times:
            wanted = "once" if self.times == 1 else f"{self.times} times"
            raise ValueError(
                f"{self.file}: this is there {text.count(self.before)} times, not {wanted}: {self.before!r}"
            )
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")


@dataclass(frozen=True)
class Application:
    """One application.

    Args:
        title: how the table names it.
        source: the sdist, or a folder of ours.
        parts: what is ported of it.
        journey: a test of ours that goes in, where its own cannot run.
        tests: what pytest runs.
        requires: what pip installs for it, Flask and Flask-Login apart.
        by_hand: the changes after the assistant's.
    """

    title: str
    source: Sdist | Path
    parts: Sequence[str]
    tests: str
    requires: Sequence[str] = ()
    journey: str | None = None
    by_hand: Sequence[Edit] = ()


_SQLALCHEMY = "from flask_sqlalchemy import SQLAlchemy\n"
_INTEGRATION = "a part of another package that is made for Flask"
_MIDDLEWARE = "WSGI middleware"
_AT_THE_TOP = "what is done at the top of a module, and awaits"

_ANITYA_DATABASE = """\
from quart import current_app, g
from sqlalchemy import func, select
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
    "tutorial": Application(
        title="Flask-Login tutorial's application (chapters up to logins)",
        source=OURS / "tutorial",
        parts=["application", "test_application.py", "pytest.ini"],
        tests="test_application.py",
        requires=["Flask-SQLAlchemy==3.1.1"],
    ),
    "flaskr": Application(
        title="flaskr, the blog of Flask's tutorial",
        source=Sdist(
            "flask", "3.1.3", "0ef0e52b8a9cd932855379197dd8f94047b359ca0a78695144304cb45f87c9eb", "examples/tutorial"
        ),
        parts=["flaskr", "tests", "pyproject.toml"],
        tests="tests",
        by_hand=[Edit("tests/test_auth.py", '        assert g.user["username"] == "test"\n', "",
                      "Quart's test client does not keep `g`")],
    ),
    "flask-login": Application(
        title="Flask-Login's own test suite",
        source=Sdist("flask-login", "0.6.3", "5e23d14a607ef12806c699590b89d0f0e0d67baeec599d75947bf9c147330333"),
        parts=["tests", "setup.cfg"],
        tests="tests",
        requires=["asgiref==3.10.0", "semantic_version==2.10.0"],
    ),
    "articles": Application(
        title="article-management-system",
        source=Sdist(
            "article-management-system", "1.1.1", "88a2cf659dae97ac33cfbd836e01e92be68695f63743a572aa51be08fe532164"
        ),
        parts=["article_management", "pyproject.toml"],
        journey="test_articles.py",
        tests="test_articles.py",
        requires=["Flask-SQLAlchemy==3.1.1", "Flask-Migrate==4.1.0", "Flask-WTF==1.3.0", "quart-wtforms==1.0.3",
                  "python-dotenv", "beautifulsoup4", "lxml", "apscheduler<4", "email-validator"],
    ),
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
                 "from sqlalchemy import func, select\n"
                 "# PORT: sqlalchemy_helpers.flask_ext: it is made for Flask, and is not ported. "
                 "Write the few lines of it that you use with Quart's names\n"
                 "from sqlalchemy_helpers.flask_ext import DatabaseExtension\n",
                 _ANITYA_DATABASE, _INTEGRATION),
            Edit("anitya/api_v2.py",
                 "# PORT: webargs.flaskparser: it is made for Flask, and is not ported. "
                 "Use quart-schema 0.25.0, or write an AsyncParser of webargs 8.7.1 for Quart's request\n"
                 "from webargs.flaskparser import FlaskParser\n",
                 "from webargs.asyncparser import AsyncParser\nfrom webargs.core import missing\n", _INTEGRATION),
            Edit("anitya/api_v2.py", "class Parser(FlaskParser):\n", _ANITYA_PARSER, _INTEGRATION),
            Edit("anitya/api_v2.py", "args = parser.parse(", "args = await parser.parse(", _INTEGRATION, times=9),
            Edit("anitya/app.py",
                 "    # PORT: app.wsgi_app: Quart does not have it. Middleware is ASGI: wrap `app.asgi_app`; "
                 "behind a proxy use Hypercorn's ProxyFixMiddleware\n"
                 "    app.wsgi_app = ReverseProxied(app.wsgi_app, config)\n",
                 "    app.asgi_app = ReverseProxied(app.asgi_app, config)\n", _MIDDLEWARE),
            Edit("anitya/reverse_proxy.py", _ANITYA_WSGI, _ANITYA_ASGI, _MIDDLEWARE),
        ],
    ),
    "wiki": Application(
        title="An Otter Wiki",
        source=Sdist("otterwiki", "2.26.1", "a67fcc30f7a2e50f3569b30ad7d0c87b641b38cd9a3eb71c969161fe8930a34f"),
        parts=["otterwiki", "pyproject.toml"],
        journey="test_wiki.py",
        tests="test_wiki.py",
        requires=["Flask-SQLAlchemy==3.1.1", "Flask-Mail==0.10.0", "Flask-WTF==1.3.0", "quart-wtforms==1.0.3",
                  "gitpython", "mistune==3.3.3", "pygments", "Pillow", "PyYAML", "unidiff", "beautifulsoup4", "pluggy",
                  "regex", "feedgen", "lxml"],
        by_hand=[
            Edit("otterwiki/server.py", _SQLALCHEMY, f"import asyncio\n{_SQLALCHEMY}", _AT_THE_TOP),
            Edit("otterwiki/server.py",
                 "@app.before_serving\nasync def prepare():\n    db.create_all()\n"
                 "# PORT: update_app_config(): it is to be awaited, and only a function can await. "
                 "Await it in an async function that comes before, and pass on the result\n"
                 "raise NotImplementedError('PORT: update_app_config()')\nupdate_app_config()\n",
                 "async def prepare():\n    async with app.app_context():\n        db.create_all()\n"
                 "    await update_app_config()\n\n\nasyncio.run(prepare())\n",
                 _AT_THE_TOP),
        ],
    ),
}  # fmt: skip
