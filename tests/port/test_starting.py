"""How an application is started: WSGI in code and in files, settings named ``FLASK_*``, and what keeps logins valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.port.findings import Level
from compat.port.porter import port

pytestmark = pytest.mark.quick

APP = "from flask import Flask\n\napp = Flask(__name__)\n"


@pytest.mark.parametrize(
    ("imported", "call", "do"),
    [
        ("from waitress import serve", "serve(app, port=80)", "`hypercorn module:app`"),
        ("from werkzeug.serving import run_simple", 'run_simple("x", 80, app)', "`hypercorn module:app`"),
        ("from gevent.pywsgi import WSGIServer", 'WSGIServer(("", 80), app)', "`hypercorn module:app`"),
        (
            "from werkzeug.middleware.dispatcher import DispatcherMiddleware",
            'DispatcherMiddleware(app, {"/x": app})', "hypercorn.middleware.DispatcherMiddleware",
        ),
        ("from webtest import TestApp", "TestApp(app)", "app.test_client()"),
        ("from werkzeug.middleware.proxy_fix import ProxyFix", "ProxyFix(app, x_prefix=1)", "--root-path"),
    ],
)  # fmt: skip
def test_wsgi_is_to_do(tmp_path: Path, imported: str, call: str, do: str) -> None:
    """What is given the application and speaks WSGI is named, with its counterpart."""
    (tmp_path / "site.py").write_text(f"{imported}\n{APP}\nmade = {call}\n")

    (found,) = port(tmp_path).findings

    assert (found.line, found.what, found.level) == (6, call, Level.TODO)
    assert do in found.do


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("supervisord.conf", "command=gunicorn\n    site:create_app()\n    -b :80\n    -k gevent\ndirectory=/x\n"),
        ("go.sh", "command=gunicorn \\\n  -b :80 \\\n  'site:create_app()'\n"),
    ],
)
def test_a_command_on_several_lines_is_read_whole(tmp_path: Path, name: str, lines: str) -> None:
    """The application and the options may stand below the name of the server."""
    (tmp_path / name).write_text(lines)

    (found,) = port(tmp_path).findings

    assert found.do == 'Write `command=hypercorn -b :80 "site:create_app()"`'


def test_flaskenv_gets_another_name(tmp_path: Path) -> None:
    """Quart's command reads ``.quartenv``: lines that stay in ``.flaskenv`` have no effect."""
    (tmp_path / ".flaskenv").write_text("FLASK_APP=site.py\n")

    (found,) = port(tmp_path).findings

    assert found.do.startswith("Write `QUART_APP=site.py` into `.quartenv`")


def test_flask_env_is_to_be_removed(tmp_path: Path) -> None:
    """Neither Flask nor Quart reads it: there is nothing to rename."""
    (tmp_path / ".env").write_text("FLASK_ENV=production\n")

    (found,) = port(tmp_path).findings

    assert (found.level, found.do) == (Level.CHECK, "Remove it")


@pytest.mark.parametrize(
    ("name", "line", "new"),
    [
        (".env", "FLASK_APP=site.py", "QUART_APP=site.py"),
        ("Procfile", "web: flask db upgrade; flask run", "web: quart db upgrade; quart run"),
        ("Procfile", "web: flask compile; gunicorn site:app --log-file -", "web: quart compile; hypercorn site:app"),
        ("go.sh", "exec gunicorn site:app \\", "exec hypercorn site:app \\"),
        ("run.sh", "  /venv/bin/flask run --port 80", "/venv/bin/quart run --port 80"),
        ("run.sh", "LOG=x FLASK_APP=site.py flask run", "LOG=... quart run"),
        ("Dockerfile", 'CMD ["flask", "run"]', 'CMD ["quart", "run"]'),
        ("deploy/supervisor.conf", "command=/venv/bin/gunicorn -b :80 -w 4 -k gevent site:app",
         "command=/venv/bin/hypercorn -b :80 -w 4 site:app"),
        ("boot.sh", "exec gunicorn --bind=0.0.0.0:80 'site:create_app()'",
         'exec hypercorn --bind=0.0.0.0:80 "site:create_app()"'),
        ("Dockerfile", "ENV FLASK_APP site.py", "ENV QUART_APP site.py"),
        ("Dockerfile", 'CMD ["gunicorn", "-b", ":80", "site:app"]', 'CMD ["hypercorn", "-b", ":80", "site:app"]'),
        ("docker-compose.yml", "      - FLASK_DEBUG=1", "- QUART_DEBUG=1"),
        ("docker/compose.prod.yaml", "    command: waitress-serve --port=80 site:app", "command: hypercorn site:app"),
        ("site.service", "ExecStart=/venv/bin/uwsgi --ini site.ini", "ExecStart=/venv/bin/hypercorn module:app"),
    ],
)  # fmt: skip
def test_files_that_start_it_are_to_do(tmp_path: Path, name: str, line: str, new: str) -> None:
    """A line that Quart or Hypercorn does not understand is named, with the line to write."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"# FLASK_APP, gunicorn\n{line}\n")

    (found,) = port(tmp_path).findings

    assert (found.path, found.line, found.level, found.do) == (name, 2, Level.TODO, f"Write `{new}`")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (".env", "FLASK_SECRET_KEY=hidden"),
        (".env", "FLASK_SECRET_KEY = hidden, all of it hidden"),
        (".env", "export FLASK_SECRET_KEY='hidden \\' hidden'"),
        ("Dockerfile", "ENV FLASK_SECRET_KEY hidden"),
        ("Dockerfile", 'ENV FLASK_APP=site.py FLASK_SECRET_KEY="hidden"'),
        ("compose.yml", "      FLASK_SECRET_KEY: hidden hidden"),
        ("app.json", '    "FLASK_SECRET_KEY": "hidden",'),
        ("run.sh", "DATABASE_URL=postgresql://ann:hidden@db/site flask run"),
        ("site.service", 'Environment="FLASK_APP=site.py" "SECRET_KEY=hidden"'),
        ("supervisor.conf", 'environment=FLASK_SECRET_KEY="hidden",FLASK_APP="site.py"'),
    ],
)
def test_values_of_variables_are_not_shown(tmp_path: Path, name: str, line: str) -> None:
    """A report is read by others: it names the variable, and never its value."""
    (tmp_path / "site.py").write_text("app.config.from_prefixed_env()\n")
    (tmp_path / name).write_text(f"{line}\n")

    (found,) = port(tmp_path).findings

    assert found.line == 1
    assert "hidden" not in found.what + found.do
    assert "..." in found.do


@pytest.mark.parametrize(
    "line", ["RUN pip install flask gunicorn", "cd flask", "COPY flask /app", "QUART_APP=site.py", "user: gunicorn:x"]
)
def test_files_that_start_nothing_are_left(tmp_path: Path, line: str) -> None:
    """Requirements, folders and what is ported are not commands."""
    (tmp_path / "Dockerfile").write_text(f"{line}\n")

    assert port(tmp_path).findings == ()


def test_the_steps_that_keep_logins_are_named(tmp_path: Path) -> None:
    """Where the login manager is made, steps 4 and 5 of the guide are to check, unless they were thought of."""
    code = APP + "from flask_login import LoginManager\n\nlogins = LoginManager(app)\n"
    (tmp_path / "site.py").write_text(code)

    (found,) = port(tmp_path).findings
    assert (found.line, found.level, found.what) == (6, Level.CHECK, "LoginManager(app)")
    assert "REMEMBER_COOKIE_ISSUE" in found.do

    (tmp_path / "site.py").write_text(f"{code}app.config['REMEMBER_COOKIE_ISSUE'] = 'flask-login'\n")
    assert port(tmp_path).findings == ()


def test_a_command_that_runs_tests_gets_no_context(tmp_path: Path) -> None:
    """Tests enter contexts and run loops themselves; other commands get the context that Flask gave them."""
    (tmp_path / "site.py").write_text(
        "import click\nimport pytest\nimport unittest\n" + APP + "\n\n@click.command()\ndef first():\n"
        "    pytest.main(['tests'])\n\n\napp.cli.add_command(first)\n\n\n@app.cli.command()\ndef second():\n"
        "    unittest.TextTestRunner().run(1)\n\n\n@app.cli.command()\ndef third():\n    print(app.name)\n"
    )

    after = port(tmp_path).files[0].after.decode()

    assert "@click.command()\ndef first" in after
    assert "@app.cli.command()\ndef second" in after
    assert "@app.cli.command(with_appcontext=True)\ndef third" in after
