"""What looks like a finding and is none: each of these lines was reported of a public application."""

from __future__ import annotations

from pathlib import Path

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
    "an abstract class that is called": """
        from abc import ABC


        class Check(ABC):
            def __call__(self):
                return Item().allowed()
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


def test_a_variable_of_the_projects_own_keeps_its_name(tmp_path: Path) -> None:
    """``FLASK_CONFIG``, read by the project itself, is no setting of Flask's command."""
    (tmp_path / "site.py").write_text('import os\n\nname = os.environ["FLASK_CONFIG"]\nenv = os.environ["FLASK_ENV"]\n')
    (tmp_path / ".env").write_text("FLASK_CONFIG=production\nFLASK_ENV=production\n")

    (found,) = port(tmp_path).findings
    assert found.do == "Write `QUART_ENV=production`"


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
