"""A program: use each extension of Flask, on Flask, on Quart, or on Quart with quart-flask-patch.

    python flask_extensions.py flask|quart|patched

It prints what became of each as JSON: "works", "500", "does not start", "cannot be imported". Flask is the control:
what does not work there is used wrongly here.
"""

import asyncio
import base64
import json
import logging
import sys
import tempfile
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

MODE = sys.argv[1]
if MODE == "patched":
    import quart_flask_patch  # noqa: F401 - before Flask, Quart and the extensions, which the functions import

warnings.simplefilter("ignore")  # the extensions' own
logging.disable(logging.CRITICAL)

Probe = Callable[[Any], Awaitable[bool]]
PROBES: dict[str, Probe] = {}
FILES = {
    "static/a.css": "a{}",
    "static/b.css": "b{}",
    "templates/index.html": "no theme",
    "themes/dark/info.json": json.dumps({"application": "app", "identifier": "dark", "name": "Dark", "author": "us"}),
    "themes/dark/templates/index.html": "dark theme",
}


def probe(name: str) -> Callable[[Probe], Probe]:
    """Register what uses the extension of this name."""

    def register(function: Probe) -> Probe:
        PROBES[name] = function
        return function

    return register


async def get(app: Any, path: str = "/", method: str = "get", form: Any = None, **options: Any) -> tuple[int, str]:
    """The status and the text of an answer of the application; 500 for what a server would answer so."""
    client = app.test_client()
    if form is not None:
        options["data" if MODE == "flask" else "form"] = form
    try:
        if MODE == "flask":
            url = f"{options.pop('scheme', 'http')}://localhost"
            response = await asyncio.to_thread(getattr(client, method), path, base_url=url, **options)
            return response.status_code, response.get_data(as_text=True)
        response = await getattr(client, method)(path, **options)
        return response.status_code, await response.get_data(as_text=True)
    except Exception as error:  # noqa: BLE001 - extensions fail in many ways
        return 500, repr(error)


async def show(template: str, **context: Any) -> str:
    """Render a template."""
    if MODE == "flask":
        from flask import render_template_string

        return render_template_string(template, **context)
    from quart import render_template_string as render

    return await render(template, **context)


@probe("Flask-WTF")
async def _(app: Any) -> bool:
    from flask_wtf import FlaskForm
    from wtforms import StringField

    class Form(FlaskForm):
        name = StringField()

    @app.post("/")
    async def view() -> str:
        form = Form(meta={"csrf": False})
        return f"{form.validate_on_submit()} {form.name.data}"

    return await get(app, method="post", form={"name": "susan"}) == (200, "True susan")


@probe("Flask-SQLAlchemy")
async def _(app: Any) -> bool:
    from flask_sqlalchemy import SQLAlchemy

    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db = SQLAlchemy(app)

    @app.get("/")
    async def view() -> str:
        return str(db.session.execute(db.text("select 1")).scalar())

    return await get(app) == (200, "1")


@probe("Flask-Mail")
async def _(app: Any) -> bool:
    from flask_mail import Mail, Message

    app.config.update(MAIL_DEFAULT_SENDER="us@example.com", MAIL_SUPPRESS_SEND=True)
    mail = Mail(app)

    @app.get("/")
    async def view() -> str:
        with mail.record_messages() as sent:
            mail.send(Message("Subject", ["susan@example.com"], body="Text"))
        return f"{len(sent)}"

    return await get(app) == (200, "1")


@probe("Flask-HTTPAuth")
async def _(app: Any) -> bool:
    from flask_httpauth import HTTPBasicAuth

    auth = HTTPBasicAuth()

    @auth.verify_password
    def verify(name: str, password: str) -> str | None:
        return name if password == "cat" else None

    @app.get("/")
    @auth.login_required
    async def view() -> str:
        return str(auth.current_user())

    header = {"Authorization": f"Basic {base64.b64encode(b'susan:cat').decode()}"}
    return (await get(app))[0] == 401 and await get(app, headers=header) == (200, "susan")


@probe("Flask-Limiter")
async def _(app: Any) -> bool:
    from flask_limiter import Limiter
    from flask_limiter.util import get_remote_address

    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")

    @app.get("/")
    @limiter.limit("1/hour")
    async def view() -> str:
        return "In."

    return await get(app) == (200, "In.") and (await get(app))[0] == 429


def _is_https(module: str, extension: str) -> Probe:
    async def use(app: Any) -> bool:
        getattr(__import__(module), extension)(app)

        @app.get("/")
        async def view() -> str:
            return "In."

        return (await get(app))[0] == 302 and await get(app, scheme="https") == (200, "In.")

    return use


probe("Flask-Talisman")(_is_https("flask_talisman", "Talisman"))
probe("Flask-SSLify")(_is_https("flask_sslify", "SSLify"))


@probe("Flask-Babel")
async def _(app: Any) -> bool:
    from datetime import date

    from flask_babel import Babel, format_date

    Babel(app, locale_selector=lambda: "de")

    @app.get("/")
    async def view() -> str:
        return str(format_date(date(2026, 3, 1)))

    return await get(app) == (200, "01.03.2026")


@probe("Flask-RESTful")
async def _(app: Any) -> bool:
    from flask_restful import Api, Resource

    class View(Resource):
        def get(self) -> dict[str, int]:
            return {"a": 1}

    Api(app).add_resource(View, "/")
    return (await get(app))[0] == 200


@probe("Flask-Assets")
async def _(app: Any) -> bool:
    from flask_assets import Bundle, Environment

    Environment(app).register("css", Bundle("a.css", "b.css", output="all.css"))

    @app.get("/")
    async def view() -> str:
        return await show("{% assets 'css' %}{{ ASSET_URL }}{% endassets %}")

    status, text = await get(app)
    return status == 200 and text.startswith("/static/all.css?")


@probe("Flask-Moment")
async def _(app: Any) -> bool:
    from datetime import UTC, datetime

    from flask_moment import Moment

    Moment(app)

    @app.get("/")
    async def view() -> str:
        return await show("{{ moment(time).format('LL') }}", time=datetime(2026, 3, 1, tzinfo=UTC))

    status, text = await get(app)
    return status == 200 and 'data-format="LL"' in text


@probe("Flask-Themes2")
async def _(app: Any) -> bool:
    from flask_themes2 import Themes, get_theme, render_theme_template

    Themes(app, app_identifier="app")

    @app.get("/")
    async def view() -> str:
        return str(render_theme_template(get_theme("dark"), "index.html"))

    return await get(app) == (200, "dark theme")


@probe("Flask-Caching")
async def _(app: Any) -> bool:
    from flask_caching import Cache

    app.config["CACHE_TYPE"] = "SimpleCache"
    calls = []

    @app.get("/")
    @Cache(app).cached(timeout=60)
    async def view() -> str:
        calls.append(1)
        return f"{len(calls)}"

    return [await get(app), await get(app)] == [(200, "1")] * 2


@probe("Flask-Caching, cached around a sync view")
async def _(app: Any) -> bool:
    from flask_caching import Cache

    app.config["CACHE_TYPE"] = "SimpleCache"
    calls = []

    @app.get("/")
    @Cache(app).cached(timeout=60)
    def view() -> str:
        calls.append(1)
        return f"{len(calls)}"

    answers = [await get(app), await get(app)]
    return answers == [(200, "1")] * 2


@probe("Flask-Caching, get, set and memoize")
async def _(app: Any) -> bool:
    from flask_caching import Cache

    app.config["CACHE_TYPE"] = "SimpleCache"
    cache = Cache(app)
    calls: list[int] = []

    @cache.memoize(60)
    def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    @app.get("/")
    async def view() -> str:
        cache.set("a", 1)
        return f"{cache.get('a')} {double(2)} {double(2)} {len(calls)}"

    return await get(app) == (200, "1 4 4 1")


@probe("Flask-DebugToolbar")
async def _(app: Any) -> bool:
    from flask_debugtoolbar import DebugToolbarExtension

    app.debug = True
    DebugToolbarExtension(app)

    @app.get("/")
    def view() -> str:  # an async one does not work on Flask either
        return "<html><body>Hi.</body></html>"

    status, text = await get(app)
    return status == 200 and "flDebug" in text


@probe("Flask-Bootstrap")
async def _(app: Any) -> bool:
    from flask_bootstrap import Bootstrap

    Bootstrap(app)

    @app.get("/")
    async def view() -> str:
        return await show("{% extends 'bootstrap/base.html' %}{% block content %}Hi.{% endblock %}")

    status, text = await get(app)
    return status == 200 and "bootstrap.min.css" in text and "Hi." in text


@probe("Flask-Principal")
async def _(app: Any) -> bool:
    from flask_principal import Identity, Permission, Principal, RoleNeed, identity_changed, identity_loaded

    Principal(app)

    @identity_loaded.connect_via(app)
    def provide(sender: object, identity: Any) -> None:
        if identity.id:
            identity.provides.add(RoleNeed("editor"))

    @app.get("/login")
    async def login() -> str:
        identity_changed.send(app, identity=Identity("susan"))
        with Permission(RoleNeed("editor")).require(403):
            return "In."

    @app.get("/")
    async def view() -> str:
        with Permission(RoleNeed("editor")).require(403):
            return "In."

    return (await get(app))[0] == 403 and await get(app, "/login") == (200, "In.")


@probe("Flask-Admin")
async def _(app: Any) -> bool:
    from flask_admin import Admin
    from flask_babel import Babel

    Babel(app)  # Flask-Admin uses it where it is installed
    Admin(app)
    return (await get(app, "/admin/"))[0] == 200


@probe("Flask-Security")
async def _(app: Any) -> bool:
    import flask_security
    import sqlalchemy as sa
    from sqlalchemy.orm import DeclarativeBase, relationship, scoped_session, sessionmaker

    class Base(DeclarativeBase):
        pass

    rights = sa.Table(
        "rights",
        Base.metadata,
        sa.Column("user", sa.ForeignKey("user.id")),
        sa.Column("role", sa.ForeignKey("role.id")),
    )

    class Role(Base, flask_security.RoleMixin):
        __tablename__ = "role"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        permissions = sa.Column(sa.String)

    class User(Base, flask_security.UserMixin):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        email = sa.Column(sa.String)
        password = sa.Column(sa.String)
        active = sa.Column(sa.Boolean)
        fs_uniquifier = sa.Column(sa.String)
        roles = relationship("Role", secondary=rights)

    app.config["SECURITY_PASSWORD_SALT"] = "only for this test"
    session = scoped_session(sessionmaker(sa.create_engine("sqlite://")))
    flask_security.Security(app, flask_security.SQLAlchemySessionUserDatastore(session, User, Role))
    return (await get(app, "/login"))[0] == 200


def make_app() -> Any:
    """An application in a folder with templates, files and a theme."""
    folder = tempfile.mkdtemp(dir=Path.cwd())
    for name, text in FILES.items():
        file = Path(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    if MODE == "flask":
        from flask import Flask

        app: Any = Flask("app", root_path=folder)
    else:
        from quart import Quart

        app = Quart("app", root_path=folder)
    app.secret_key = "only for this test, and long enough for all of them"
    return app


async def outcome(use: Probe) -> str:
    """What becomes of the extension."""
    try:
        return "works" if await use(make_app()) else "500"
    except ModuleNotFoundError:
        return "cannot be imported"
    except Exception:  # noqa: BLE001 - extensions fail in many ways
        return "does not start"


async def main() -> None:
    """Print what becomes of each."""
    print(json.dumps({name: await outcome(use) for name, use in PROBES.items()}))


asyncio.run(main())
