"""What looks like a finding and is none: each of these lines was reported of a public application."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.port.findings import Level
from compat.port.porter import port

from .one_file import ported

pytestmark = pytest.mark.quick

FINE = {
    "a decorator that takes async functions": """
        from freezegun import freeze_time


        @app.get("/")
        @freeze_time("2026-01-01")
        def index():
            return ""
        """,
    "a menu that is active": """
        class Entry:
            def is_active(self, view):
                return view == "x"
        """,
    "a thread that no request starts": """
        import threading


        def watch():
            threading.Thread(target=print).start()
        """,
    "an extension that is initialised": """
        import smtplib


        @app.get("/")
        def index():
            smtplib.extension.init_app(app)
            return ""
        """,
    "a template": """
        class Page:
            def render(self, **values):
                return render_template("x", **values)


        def show(name):
            return app.jinja_env.overlay().get_template(name).render(x=1)
        """,
    "a logger": """
        import logging

        log = logging.getLogger(__name__)


        class Page:
            def info(self, *args):
                return render_template("x", args=args)


        def note():
            log.info("x")
        """,
    "an object that calls the method of its base": """
        from celery import Task


        class InContext(Task):
            def run(self):
                return Task.retry(self)
        """,
    "what looks at a function and does not call it": """
        import inspect


        def look(item: Item):
            return hasattr(item.allowed, "x") or issubclass(type(item.allowed), str) or inspect.signature(item.allowed)
        """,
    "what is done with the answer of another server": """
        def keys(answer):
            return answer.json().keys(), answer.headers.get("X"), requests.auth.HTTPBasicAuth("u", "p")


        import requests


        @app.get("/")
        def index():
            return keys(requests.models.Response())
        """,
    "a thread that asks for nothing of a request": """
        import threading


        def work(number):
            print(number)


        @app.get("/")
        def index():
            threading.Thread(target=work, args=(1,)).start()
            return ""
        """,
    "what blocks before there are requests": """
        import time


        def create_app():
            new = Flask(__name__)
            time.sleep(1)
            return new


        @app.get("/")
        def index():
            return create_app().name
        """,
    "a setting that is off, or is read": """
        app.config["LOGIN_DISABLED"] = False
        app.config.update({"LOGIN_DISABLED": False})
        off = app.config.get("LOGIN_DISABLED")
        """,
    "a protection that is there in one branch": """
        try:
            from flask_wtf.csrf import CSRFProtect
        except ImportError:
            csrf = None
        else:
            csrf = CSRFProtect(app)


        @app.post("/")
        @csrf.exempt
        def index():
            return ""
        """,
    "a file that is sent, beside a class that saves": """
        class Page:
            def save(self, name):
                return request.form[name]


        def keep():
            for file in request.files.getlist("x"):
                file.save("x")
            request.files.getlist("x")[0].save("y")
        """,
    "generic classes": """
        import typing
        from collections import abc

        T = typing.TypeVar("T")


        class Many(typing.Generic[T]):
            def work(self):
                return Item().allowed()


        class One(Many[int], dict[str, T], abc.Sized):
            def rest(self):
                return Item().allowed()
        """,
    "a fallback to an older version": """
        try:
            from flask_wtf import FlaskForm as Base
        except ImportError:
            from flask_wtf import Form as Base
        """,
    "a registry of sessions that one call makes and uses": """
        from sqlalchemy.orm import scoped_session, sessionmaker


        def clean():
            factory = scoped_session(sessionmaker())
            factory.configure(bind=None)
            return factory().name
        """,
    "an abstract class that is called": """
        from abc import ABC


        class Check(ABC):
            def __call__(self):
                return Item().allowed()
        """,
    "a process that is started, and not waited for": """
        import subprocess


        @app.get("/")
        def index():
            subprocess.Popen(["true"])
            return ""
        """,
    "a command of setuptools that runs one of another package": """
        from setuptools import Command


        class Server:
            def run(self):
                return request.form["x"]


        class Compile(Command):
            def __init__(self, dist):
                from babel.messages import frontend

                self.other = frontend.compile_catalog(dist)

            def run(self):
                self.other.run()
        """,
    "the loop of Tornado": """
        from tornado.ioloop import IOLoop


        class Server:
            def start(self):
                return request.form["x"]


        def main():
            IOLoop.current().start()
        """,
    "a thread whose target ran before": """
        from threading import Thread


        def work():
            print(request.path)


        @app.get("/")
        def index():
            Thread(target=work()).start()
            return ""
        """,
    "two registries of sessions of one name": """
        from sqlalchemy.orm import scoped_session, sessionmaker


        def one():
            Session = scoped_session(sessionmaker())
            return Session().name


        def two():
            Session = scoped_session(sessionmaker())
            return Session().name
        """,
}


@pytest.mark.parametrize("code", FINE.values(), ids=FINE)
def test_there_is_no_finding(tmp_path: Path, code: str) -> None:
    """These work after the port as they did before."""
    assert ported(tmp_path, code)[1].findings == ()


DECORATED = {
    "Flask-Caching": (
        "from flask_caching import Cache\n\ncache = Cache()\n\n\ndef forget():\n"
        "    cache.delete_memoized(index)\n\n\n@app.get('/')\n"
    ),
    "SeaSurf": "from flask_seasurf import SeaSurf\n\ncsrf = SeaSurf()\n\n\n@app.get('/')\n@csrf.exempt\n",
    "Flask-RESTX": (
        "from flask_restx import Namespace\n\nns = Namespace('x')\n\n\n@app.get('/')\n"
        "@ns.doc(description='x')\n@ns.response(404, 'x')\n"
    ),
}


@pytest.mark.parametrize("code", DECORATED.values(), ids=DECORATED)
def test_a_decorator_that_gives_the_function_back_is_none(tmp_path: Path, code: str) -> None:
    """Only the extension itself is named, not what its decorators note of a view."""
    found = ported(tmp_path, code + "def index():\n    return ''\n")[1].findings

    assert [each.why for each in found] == ["it is made for Flask, and is not ported"]


def test_variables_that_flask_does_not_read_keep_their_names(tmp_path: Path) -> None:
    """``FLASK_CONFIG`` and ``FLASK_ENV``, read by the project itself, or a name that nobody reads, are not settings."""
    code = 'import os\n\nname = os.environ["FLASK_CONFIG"]\nenv = os.environ["FLASK_ENV"]\n'
    (tmp_path / "site.py").write_text(code)
    (tmp_path / ".env").write_text("FLASK_CONFIG=x\nFLASK_ENV=x\nFLASK_THEME=x\nFLASK_DEBUG=1\n")

    (found,) = port(tmp_path).findings
    assert found.do == "Write `QUART_DEBUG=1`"

    (tmp_path / "site.py").write_text(code + "app.config.from_prefixed_env()\n")
    assert [each.line for each in port(tmp_path).findings] == [3, 4]


def test_an_extension_that_works_as_it_is_is_to_check(tmp_path: Path) -> None:
    """Flask-Bcrypt asks nothing of Flask; its requirement stays."""
    (tmp_path / "requirements.txt").write_text("flask-bcrypt==1.0.1\n")
    code = """
        from flask_bcrypt import Bcrypt

        bcrypt = Bcrypt(app)


        @app.get("/")
        def index():
            return bcrypt.generate_password_hash("x")
        """
    ported(tmp_path, code)
    (found,) = port(tmp_path).findings
    assert (found.what, found.level) == ("flask_bcrypt", Level.CHECK)


def test_syntax_of_a_newer_python_is_ported(tmp_path: Path) -> None:
    """Quotes of the same kind inside an f-string, which Python reads since 3.12, are not a failure of the assistant."""
    (tmp_path / "site.py").write_text(
        "from flask import request\n\n\ndef f(x):\n    return f'{x['a']}{request.path}'\n"
    )

    found = port(tmp_path)

    assert found.findings == ()
    assert found.files[0].after.startswith(b"from quart import request\n")
