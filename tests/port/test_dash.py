"""Dash: on what it runs, what closes it, and which of its callbacks others wait for."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.findings import Finding, Level
from compat.port.porter import port

pytestmark = pytest.mark.quick

IMPORTS = """
import time, requests
from dash import Dash, Input, Output, callback, dcc, html
from flask import Flask, abort, g, redirect, request
from flask_login import LoginManager, UserMixin, current_user, login_required
"""
GIVEN = f"{IMPORTS}\nserver = Flask(__name__)\napp = Dash(__name__, server=server)\n"
GUARD = """
@server.before_request
def guard():
    if not current_user.is_authenticated:
        return redirect("/login")
"""
WRAPPED = """
for name in server.view_functions:
    server.view_functions[name] = login_required(server.view_functions[name])
"""


def findings(folder: Path, code: str, **others: str) -> list[Finding]:
    """What the assistant says of a project."""
    for name, text in {"site": code, **others}.items():
        (folder / f"{name}.py").write_text(dedent(text))
    found = port(folder).findings
    return [each for each in found if not each.what.startswith("LoginManager(")]


def whats(folder: Path, code: str, **others: str) -> list[str]:
    """What the assistant names in a project."""
    return [each.what for each in findings(folder, code, **others)]


@pytest.mark.parametrize("arguments", ["server=Flask(__name__)", "__name__, Flask(__name__)"])
def test_dash_on_the_application_is_to_be_checked(tmp_path: Path, arguments: str) -> None:
    """Dash is given the application: since its version 4.4 that may be Quart's."""
    (found,) = findings(tmp_path, f"import dash\nfrom flask import Flask\n\ndash.Dash({arguments})\n")

    assert (found.line, found.level) == (4, "check")
    assert "dash[quart,async]" in found.do


@pytest.mark.parametrize(
    "call", ["login_manager.init_app(app.server)", "LoginManager(app.server)", "s = app.server\nLoginManager(s)"]
)
@pytest.mark.parametrize("arguments", ["__name__", "__name__, server=True", 'backend="flask"'])
def test_a_login_on_the_server_of_dash_is_to_do(tmp_path: Path, arguments: str, call: str) -> None:
    """Dash makes a Flask application where it is given none, and a LoginManager is for one of Quart."""
    (found,) = findings(tmp_path, f"{IMPORTS}\nlogin_manager = LoginManager()\napp = Dash({arguments})\n{call}\n")

    assert (found.line, found.level, found.what) == (8, Level.TODO, f"Dash({arguments})")
    assert 'backend="quart"' in found.do
    assert "dash[quart,async]>=4.4" in found.do
    assert "login_guard(app.server)" in found.do


def test_a_login_on_the_server_of_dash_beside_another_application_is_to_do(tmp_path: Path) -> None:
    """The application of Dash is known by what the LoginManager is given, if the project makes one, too."""
    code = f"{IMPORTS}\nother = Flask(__name__)\napp = Dash(__name__)\n"

    assert whats(tmp_path, f"{code}LoginManager(other)\n") == []
    assert whats(tmp_path, f"{code}LoginManager(app.server)\n") == ["Dash(__name__)"]


@pytest.mark.parametrize("arguments", ["__name__", "server=True"])
def test_dash_without_a_login_is_left(tmp_path: Path, arguments: str) -> None:
    """A Dash on its own Flask application stays there."""
    assert findings(tmp_path, f"import dash\n\napp = dash.Dash({arguments})\nserver = app.server\n") == []


@pytest.mark.parametrize("arguments", ['__name__, backend="quart"', "**options"])
def test_a_named_backend_is_left(tmp_path: Path, arguments: str) -> None:
    """Nothing is to do for a Dash that says that it runs on Quart, or may say so."""
    assert findings(tmp_path, f"{IMPORTS}\napp = Dash({arguments})\nLoginManager(app.server)\n") == []


def test_views_on_the_server_of_dash_are_views(tmp_path: Path) -> None:
    """The application of Dash is one: what is registered there is awaited."""
    (tmp_path / "site.py").write_text(
        f'{IMPORTS}\napp = Dash(backend="quart")\n\n\n'
        '@app.server.post("/")\ndef view():\n    return request.form["x"]\n'
    )

    result = port(tmp_path)

    assert b'async def view():\n    return (await request.form)["x"]' in result.files[0].after
    assert result.findings == ()


@pytest.mark.parametrize(
    "guard",
    [
        GUARD,
        GUARD.replace('return redirect("/login")', "abort(401)"),
        GUARD.replace("@server.before_request\n", "") + "\nserver.before_request(guard)\n",
        WRAPPED,
    ],
)
def test_a_guard_of_requests_is_to_do(tmp_path: Path, guard: str) -> None:
    """What refuses requests leaves Dash's websocket open, which it has on Quart: the ported file raises there."""
    server, found = findings(tmp_path, f"{GIVEN}\n{guard}")

    assert (server.level, found.level) == ("check", "todo")
    assert "websocket" in found.why
    assert "login_guard(server)" in found.do
    assert b"raise NotImplementedError" in port(tmp_path).files[0].after


@pytest.mark.parametrize(
    "guard",
    [
        f"from compat import login_guard\n{GUARD}\nlogin_guard(server)\n",
        GUARD.replace('return redirect("/login")', "g.visits = 1"),
        GUARD.replace("current_user.is_authenticated", "request.is_secure"),
        "print(server.view_functions['index'])\n",
    ],
)
def test_other_hooks_are_left(tmp_path: Path, guard: str) -> None:
    """A hook beside `login_guard`, one that refuses nobody, and one that does not look at the user are not findings."""
    assert len(findings(tmp_path, f"{GIVEN}\n{guard}")) == 1  # Dash(server=server)


def test_a_guard_without_dash_is_left(tmp_path: Path) -> None:
    """Without Dash the application has no websocket that Flask did not have."""
    assert findings(tmp_path, f"{IMPORTS}\nserver = Flask(__name__)\n{GUARD}") == []


CALLBACKS = """
@callback(Output("a", "children"), Input("b", "value"))
def first(value):
    return requests.get(value).text


@app.callback(Output("c", "children"), Input("b", "value"))
def second(value):
    time.sleep(1)


@callback(Output("g", "children"), Input("b", "value"))
def at_once(value):
    return value


@callback(Output("d", "children"), Input("b", "value"))
async def on_the_loop(value):
    return await later(value)


@callback(Output("e", "children"), Input("b", "value"), websocket=True)
def in_a_thread(value):
    time.sleep(1)


@callback(Output("f", "children"), Input("b", "value"), background=True)
def in_a_process(value):
    time.sleep(1)
"""


def test_sync_callbacks_are_reported_once_a_file(tmp_path: Path) -> None:
    """Sync callbacks that may take long leave Flask's threads for the event loop; other kinds do not."""
    (found,) = findings(tmp_path, f"{IMPORTS}\napp = Dash()\n{CALLBACKS}")

    assert (found.level, found.what) == ("check", "callback of Dash")
    assert "`first`" in found.why
    assert "1 more" in found.why


#: The body of a callback, and what else the file defines.
QUICK = [
    ('return f"You typed {value}"', ""),
    ("return html.Div([dcc.Link(each.upper(), href='/') for each in sorted(value)])", ""),
    ("return current_user.name if USERS.get(value) == 1 else len(value)", "USERS = {'x': 1}"),
    ("return User(value).label", "class User(UserMixin):\n    @property\n    def label(self):\n        return 'x'"),
    ("return card(value)", "def card(value):\n    return html.P(', '.join(value))"),
]
SLOW = [
    ("return requests.get(value).text", ""),
    ("return frame.groupby(value)", "import pandas\nframe = pandas.read_csv('x')"),
    ("return current_user.load(value)", ""),
    ("return value.query()", ""),
    ("return card(value)", "def card(value):\n    return open(value).read()"),
    ("return card(value)", "@cached\ndef card(value):\n    return value"),
    ("return list(map(card, value))", "def card(value):\n    time.sleep(1)"),
    ("return Client(value)", "class Client(requests.Session):\n    pass"),
    ("return User().label", "class User(UserMixin):\n    @property\n    def label(self):\n        return open('x')"),
    ("return User('x')", "class User(UserMixin):\n    def __init__(self, name):\n        time.sleep(1)"),
]


@pytest.mark.parametrize(
    ("body", "above", "is_reported"), [*((*each, 0) for each in QUICK), *((*each, 1) for each in SLOW)]
)
def test_callbacks_that_take_no_time_are_no_finding(tmp_path: Path, body: str, above: str, is_reported: int) -> None:
    """Only calls of components, values and the login, themselves or in functions of the project, take no time."""
    callback = f"@callback(Output('a', 'children'), Input('b', 'value'))\ndef answer(value):\n    {body}\n"
    code = f"{IMPORTS}\n{above}\n\n\n{callback}"

    assert whats(tmp_path, code).count("callback of Dash") == is_reported


@pytest.mark.parametrize(
    ("line", "do"),
    [
        ("dash==4.4.1", "Require dash[quart,async]>=4.4 instead"),
        ("dash[diskcache, async]", "Require dash[quart,async,diskcache]>=4.4 instead"),
    ],
)
def test_a_requirement_keeps_its_extras(tmp_path: Path, line: str, do: str) -> None:
    """Dash needs two extras on Quart, beside those that the project asks for."""
    (tmp_path / "requirements.txt").write_text(f"{line}\n")

    (found,) = port(tmp_path).findings

    assert found.do == do
