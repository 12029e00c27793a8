"""What looks like a finding and is none: each of these lines was reported of a public application."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.findings import Level
from compat.port.porter import port

from .test_fails_open import ported

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


def test_a_method_of_a_class_of_users_is_to_do(tmp_path: Path) -> None:
    """``is_active`` as a method is true for everybody, if the class is one of users."""
    code = """
        from flask_login import UserMixin


        class User(UserMixin):
            def is_active(self):
                return False


        class Other:
            def get_id(self):
                return "x"

            def is_active(self):
                return False
        """
    found = ported(tmp_path, code)[1].findings
    assert [(each.what, each.level) for each in found] == [
        ("User.is_active", Level.TODO),
        ("Other.is_active", Level.TODO),
    ]


def test_a_decorator_is_named_once_a_file(tmp_path: Path) -> None:
    """A decorator above many views is one finding, with the number of the others."""
    code = """
        from unheard_of import audited


        @app.get("/1")
        @audited
        def one():
            return ""


        @app.get("/2")
        @audited
        def two():
            return ""
        """
    (found,) = ported(tmp_path, code)[1].findings
    assert (found.what, found.level) == ("@audited", Level.CHECK)
    assert found.why.endswith("and in 1 more places of this file")


def test_a_registry_of_sessions_is_named_where_it_is_made(tmp_path: Path) -> None:
    """Not where it is asked for a session."""
    code = """
        from sqlalchemy.orm import scoped_session, sessionmaker

        Session = scoped_session(sessionmaker())


        def make():
            global Other
            Other = scoped_session(sessionmaker())
            mine = scoped_session(sessionmaker())
            app.session = mine
            return Session().name
        """
    found = ported(tmp_path, code)[1].findings
    assert [(each.what, each.line) for each in found] == [
        ("scoped_session(sessionmaker())", line) for line in (15, 20, 21)
    ]


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


def test_a_thread_that_asks_who_is_logged_in_is_named(tmp_path: Path) -> None:
    """What the thread runs asks for the user, further down."""
    code = """
        import threading

        from flask_login import current_user


        def work():
            print(name())


        def name():
            return current_user.name


        @app.get("/")
        def index():
            threading.Thread(target=work).start()
            return ""
        """
    (found,) = ported(tmp_path, code)[1].findings
    assert found.what == "threading.Thread(target=work)"


def test_helpers_of_tests_do_not_hold_up_requests(tmp_path: Path) -> None:
    """What blocks in the folder of the tests is no finding: no request waits for it."""
    code = (
        "import time\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n"
        "@app.get('/')\ndef index():\n    time.sleep(1)\n    return ''\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "base.py").write_text(code)
    assert port(tmp_path).findings == ()

    (tmp_path / "base.py").write_text(code)
    assert [each.what for each in port(tmp_path).findings] == ["time.sleep"]


def test_variables_that_flask_does_not_read_keep_their_names(tmp_path: Path) -> None:
    """``FLASK_CONFIG`` and ``FLASK_ENV``, read by the project itself, or a name that nobody reads, are no settings."""
    code = 'import os\n\nname = os.environ["FLASK_CONFIG"]\nenv = os.environ["FLASK_ENV"]\n'
    (tmp_path / "site.py").write_text(code)
    (tmp_path / ".env").write_text("FLASK_CONFIG=x\nFLASK_ENV=x\nFLASK_THEME=x\nFLASK_DEBUG=1\n")

    (found,) = port(tmp_path).findings
    assert found.do == "Write `QUART_DEBUG=1`"

    (tmp_path / "site.py").write_text(code + "app.config.from_prefixed_env()\n")
    assert [each.line for each in port(tmp_path).findings] == [3, 4]


def test_is_anonymous_is_named_where_it_is_read(tmp_path: Path) -> None:
    """Flask-Login does not read it, and a template may."""
    code = """
        class Person:
            def is_anonymous(self):
                return False

            def get_id(self):
                return "x"
        """
    assert ported(tmp_path, code)[1].findings == ()

    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.html").write_text("{% if current_user.is_anonymous %}x{% endif %}")
    assert [each.what for each in port(tmp_path).findings] == ["Person.is_anonymous"]


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
    """Quotes of the same kind inside an f-string, which Python reads since 3.12, are no failure of the assistant."""
    (tmp_path / "site.py").write_text(
        "from flask import request\n\n\ndef f(x):\n    return f'{x['a']}{request.path}'\n"
    )

    found = port(tmp_path)

    assert found.findings == ()
    assert found.files[0].after.startswith(b"from quart import request\n")


def test_json_that_may_be_none_is_named_once_a_file(tmp_path: Path) -> None:
    """Many views that read JSON are one finding, with the number of the others."""
    code = """
        @app.post("/1")
        def one():
            return request.json


        @app.post("/2")
        def two():
            return request.get_json()["x"]
        """
    (found,) = ported(tmp_path, code)[1].findings
    assert found.what == "request.json"
    assert found.why.endswith("and in 1 more places of this file")


def test_another_key_of_a_table_is_another_value(tmp_path: Path) -> None:
    """A function in a dict is not what stands under another key; under its own, and a computed one, it is."""
    (tmp_path / "site.py").write_text(
        "from flask import request\n\n\ndef refresh():\n    return request.form.get('x')\n\n\n"
        "JOB = {'run': refresh, 'every': 30}\nKEY = 'run'\n\n\n"
        "def plan():\n    return int(JOB['every']), JOB.get('every', 5)\n\n\n"
        "def start():\n    return JOB['run'](), JOB[KEY]()\n"
    )

    after = port(tmp_path).files[0].after.decode()

    assert "def plan():\n    return int(JOB['every']), JOB.get('every', 5)\n" in after
    assert "return await JOB['run'](), await JOB[KEY]()" in after


STILL_WAITING = {
    "at the end of a block": "with subprocess.Popen(['true']):\n        pass",
    "by a method": "subprocess.Popen(['true']).wait()",
    "by a method of a name": "process = subprocess.Popen(['true'])\n    process.communicate()",
    "by a function": "subprocess.run(['true'])",
}


@pytest.mark.parametrize("code", STILL_WAITING.values(), ids=STILL_WAITING)
def test_a_process_that_is_waited_for_holds_up_requests(tmp_path: Path, code: str) -> None:
    """Starting a process takes no time; what waits until it ends does."""
    view = f"import subprocess\n\n\n@app.get('/')\ndef index():\n    {code}\n    return ''\n"
    assert [each.what for each in ported(tmp_path, view)[1].findings] == ["subprocess"]


def test_a_method_that_became_async_is_named_outside_of_commands(tmp_path: Path) -> None:
    """Another package may give a view an object of the project; to a command it gives one of its own."""
    code = """
        from elsewhere import given
        from setuptools import Command


        class Server:
            def run(self):
                return request.form["x"]


        def view():
            given().run()


        class Compile(Command):
            def run(self):
                given().run()
        """
    found = ported(tmp_path, code)[1].findings
    assert [each.what for each in found] == ["given().run"]


def test_a_thread_whose_target_a_function_gives_is_named(tmp_path: Path) -> None:
    """It may give a function that asks for the request."""
    code = """
        from threading import Thread


        def choose():
            return work


        def work():
            print(request.path)


        @app.get("/")
        def index():
            Thread(target=choose()).start()
            return ""
        """
    (found,) = ported(tmp_path, code)[1].findings
    assert found.what == "Thread(target=choose())"


def test_a_registry_of_sessions_that_another_function_uses_is_named(tmp_path: Path) -> None:
    """A function inside may run for another request."""
    code = """
        from sqlalchemy.orm import scoped_session, sessionmaker


        def one():
            Session = scoped_session(sessionmaker())
            return lambda: Session().name
        """
    assert [each.what for each in ported(tmp_path, code)[1].findings] == ["scoped_session(sessionmaker())"]


AWAY = {
    "a thread": """
        import threading
        from abc import abstractmethod


        class Worker(threading.Thread):
            def run(self):
                self.queue.get().start()


        class Task:
            def start(self):
                return self.work()

            @abstractmethod
            def work(self):
                raise NotImplementedError


        class Export(Task):
            def work(self):
                time.sleep(1)
                return request.form["x"]
        """,
    "a command": """
        import click


        class Process:
            def begin(self):
                time.sleep(1)
                return request.form["x"]


        @click.command()
        def serve():
            Process().begin()
        """,
    "a worker": """
        from rq import get_current_job


        def export(number):
            time.sleep(1)
            return get_current_job(), request.form["x"]
        """,
}


def holding_up(folder: Path, code: str) -> list[str]:
    """The blocking calls that the assistant reports."""
    found = ported(folder, f"import time\n{dedent(code)}")[1].findings
    return [each.what for each in found if each.why.startswith("it blocks")]


@pytest.mark.parametrize("code", AWAY.values(), ids=AWAY)
def test_what_runs_outside_of_the_loop_holds_up_no_request(tmp_path: Path, code: str) -> None:
    """What only threads, commands and workers run may wait; not what a view calls as well, or is given elsewhere."""
    assert holding_up(tmp_path, code) == []
    names = {"a thread": "Export().work", "a command": "Process().begin", "a worker": "export"}
    name = next(name for kind, name in names.items() if AWAY[kind] == code)

    for use in (f"return {name}(1)", f"return app.extensions['x']({name})"):
        assert holding_up(tmp_path, f"{dedent(code)}\n\n@app.get('/')\ndef index():\n    {use}\n") == ["time.sleep"]


def test_a_method_of_an_unknown_object_may_be_called_on_the_loop(tmp_path: Path) -> None:
    """Where a view calls a method of that name, it may be the task's."""
    code = AWAY["a thread"] + "\n\n        @app.get('/')\n        def index(x):\n            return x.work()\n"
    assert holding_up(tmp_path, code) == ["time.sleep"]
