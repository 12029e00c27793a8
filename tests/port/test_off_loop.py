"""What runs outside of the event loop, in threads, commands, workers and processes, holds up no request."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.porter import port

from .one_file import ported

pytestmark = pytest.mark.quick

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


def test_helpers_of_tests_do_not_hold_up_requests(tmp_path: Path) -> None:
    """What blocks in the folder of the tests is not a finding: no request waits for it."""
    code = (
        "import time\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n"
        "@app.get('/')\ndef index():\n    time.sleep(1)\n    return ''\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "base.py").write_text(code)
    assert port(tmp_path).findings == ()

    (tmp_path / "base.py").write_text(code)
    assert [each.what for each in port(tmp_path).findings] == ["time.sleep"]


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
