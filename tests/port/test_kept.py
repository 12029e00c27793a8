"""Flask-SQLAlchemy and Flask-Migrate are kept: what is written for them, and where."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.findings import Level
from compat.port.kept import KEPT, Extension
from compat.port.porter import Port, port
from tests.docs.pages import DOCS, blocks

pytestmark = pytest.mark.quick

FUNCTION = "_keep_flask_sqlalchemy"


def write(folder: Path, files: dict[str, str]) -> Port:
    """Port these files, and write what became of them."""
    for name, code in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(code).lstrip("\n"))
    ported = port(folder)
    for file in ported.files:
        file.path.write_bytes(file.after)
    return ported


FACTORY = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from os import environ

db = SQLAlchemy()


def create_app():
    app = Flask(environ["NAME"])
    db.init_app(app)
    return app
"""
#: Where the lines are written: the code of one module, and the code that comes above them.
PLACES = {
    "at the top of a module": (
        "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
        "from flask_sqlalchemy import SQLAlchemy",
    ),
    "below the other imports": (
        FACTORY,
        "from os import environ",
    ),
    "two objects": (
        "from flask_sqlalchemy import SQLAlchemy\n\none = SQLAlchemy()\nother = SQLAlchemy()\n",
        "from flask_sqlalchemy import SQLAlchemy",
    ),
    "made with the application": (
        "from flask_sqlalchemy import SQLAlchemy\nfrom flask import Flask\n\napp = Flask('x')\ndb = SQLAlchemy(app)\n",
        "from quart import Quart",
    ),
    "a subclass": (
        "from flask_sqlalchemy import SQLAlchemy\n\n\nclass Database(SQLAlchemy):\n    pass\n\n\ndb = Database()\n",
        "from flask_sqlalchemy import SQLAlchemy",
    ),
    "under another name": (
        "from flask_sqlalchemy import SQLAlchemy as SA\n\ndb = SA()\n",
        "from flask_sqlalchemy import SQLAlchemy as SA",
    ),
    "among others": (
        "from flask_sqlalchemy import (\n    Model,\n    SQLAlchemy,\n)\n\ndb = SQLAlchemy(model_class=Model)\n",
        "    SQLAlchemy,\n)",
    ),
    "by the module": (
        "import flask_sqlalchemy as fsa\n\ndb = fsa.SQLAlchemy()\n",
        "import flask_sqlalchemy as fsa",
    ),
    "in a function": (
        "def create_app():\n  from flask_sqlalchemy import SQLAlchemy\n\n  return SQLAlchemy()\n",
        "  from flask_sqlalchemy import SQLAlchemy",
    ),
    "where it may be missing": (
        "try:\n\tfrom flask_sqlalchemy import SQLAlchemy\nexcept ImportError:\n\tSQLAlchemy = None\n",
        "\tfrom flask_sqlalchemy import SQLAlchemy",
    ),
    "beside names of the same kind": (
        "from flask import current_app, session\nfrom flask_sqlalchemy import SQLAlchemy\n\nquart = cli = session\n",
        "from flask_sqlalchemy import SQLAlchemy",
    ),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize(("code", "above"), PLACES.values(), ids=[name.replace(" ", "-") for name in PLACES])
def test_lines_are_written_below_the_import(tmp_path: Path, code: str, above: str, newline: str) -> None:
    """Wherever the class is imported, the function and its call follow, once, and nothing is left to do."""
    (tmp_path / "site.py").write_bytes(code.replace("\n", newline).encode())

    ported = write(tmp_path, {})

    text = (tmp_path / "site.py").read_bytes().decode()
    ast.parse(text)
    assert text.count("\n") == text.count(newline)
    text = text.replace(newline, "\n")
    assert text.count(f"{FUNCTION}()\n") == 1
    assert text.count(f"def {FUNCTION}():\n") == 1
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.lstrip().startswith(f"def {FUNCTION}"))
    assert "\n".join(lines[:first]).rstrip().endswith(above)
    assert ported.is_complete
    assert not any(file.is_changed for file in port(tmp_path).files)


@pytest.mark.parametrize(
    "code",
    [
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from flask_sqlalchemy import SQLAlchemy\n",
        "from flask_sqlalchemy.pagination import Pagination\n\nprint(Pagination)\n",
        "from .flask_sqlalchemy import SQLAlchemy\n\nprint(SQLAlchemy)\n",
    ],
)
def test_other_imports_get_no_lines(tmp_path: Path, code: str) -> None:
    """An import for types, of another name, or of a module of the project itself makes no database."""
    write(tmp_path, {"package/__init__.py": "", "package/site.py": code})

    assert FUNCTION not in (tmp_path / "package" / "site.py").read_text()


def test_a_module_that_names_the_class_as_a_type_gets_no_lines(tmp_path: Path) -> None:
    """The lines are written where the object is made, not where an annotation names its class."""
    made = "from flask_sqlalchemy import SQLAlchemy as Base\n\ndb = Base()\n"
    typed = "from flask_sqlalchemy import SQLAlchemy\n\n\ndef store(db: SQLAlchemy) -> None:\n    db.session.commit()\n"
    write(tmp_path, {"made.py": made, "typed.py": typed})

    assert FUNCTION in (tmp_path / "made.py").read_text()
    assert FUNCTION not in (tmp_path / "typed.py").read_text()


def test_nothing_is_written_where_somebody_has(tmp_path: Path) -> None:
    """Lines that are there already, wherever they stand in the project, are enough."""
    by_hand = """
        import quart
        from flask_sqlalchemy import extension, pagination, session

        extension.current_app = quart.current_app
        pagination.request = quart.request
        session.app_ctx = quart.g
    """
    files = {"fix.py": by_hand, "site.py": "import fix\nfrom flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n"}

    assert not any(file.is_changed for file in write(tmp_path, files).files)


def test_a_module_that_comes_later_gets_the_lines_too(tmp_path: Path) -> None:
    """What the assistant wrote in one module is no reason to leave out another, which may be imported alone."""
    code = "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n"
    write(tmp_path, {"one.py": code})
    write(tmp_path, {"other.py": code})

    assert (tmp_path / "one.py").read_text() == (tmp_path / "other.py").read_text()


def test_it_is_said_once_that_queries_block(tmp_path: Path) -> None:
    """One line for the project, which names its files, and none for each query or requirement."""
    view = """
        from flask import Blueprint
        from site_of_ours import db
        from flask_sqlalchemy.pagination import Pagination

        bp = Blueprint("x", __name__)


        @bp.get("/")
        def index():
            db.session.commit()
            db.create_all()
            return Pagination
    """
    made = "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n"
    files = {"site_of_ours.py": made, "pages.py": view, "requirements.txt": "Flask-SQLAlchemy>=3\nFlask-Migrate\n"}

    (finding,) = write(tmp_path, files).findings

    assert finding.level is Level.CHECK
    assert str(finding).startswith("pages.py:3: check: flask_sqlalchemy: it is kept, and finds Quart; every other")
    assert "here and in site_of_ours.py" in finding.why


def test_without_the_class_it_is_left_to_do(tmp_path: Path) -> None:
    """If another package makes the object, the lines have to be written by hand."""
    ported = write(tmp_path, {"site.py": "from flask_sqlalchemy.pagination import Pagination\n\nprint(Pagination)\n"})

    assert [(each.level, each.what) for each in ported.findings] == [(Level.TODO, "flask_sqlalchemy")]


@pytest.mark.parametrize(
    ("name", "part"), [("get_recorded_queries", "record_queries"), ("models_committed", "track_modifications")]
)
def test_recorded_queries_and_tracked_models_find_quart_where_they_are_used(
    tmp_path: Path, name: str, part: str
) -> None:
    """Two more modules of the extension look for the application, and get their lines if the project uses them."""
    code = f"from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\nprint({name})\n"
    write(tmp_path, {"with_it.py": code})
    written = (tmp_path / "with_it.py").read_text()
    assert f"{part}.has_app_context = quart.has_app_context\n" in written
    ast.parse(written)


@pytest.mark.parametrize("version", ["==2.5.1", "<3", "~=2.4", ">=2.1,<3.0"])
def test_an_old_version_is_named(tmp_path: Path, version: str) -> None:
    """The lines are for Flask-SQLAlchemy 3: a requirement that keeps an older one is left to do."""
    (finding,) = write(tmp_path, {"requirements.txt": f"Flask-SQLAlchemy{version}\n"}).findings

    assert (finding.level, finding.what) == (Level.TODO, "Flask-SQLAlchemy")
    assert "Require Flask-SQLAlchemy 3.1 or later" in finding.do


def test_env_of_migrations_finds_quart(tmp_path: Path) -> None:
    """Alembic's env.py asks Quart for the application; the revisions beside it are a history, and stay."""
    code = "from flask import current_app\n\nprint(current_app.extensions['migrate'].db)\n"
    files = dict.fromkeys(("migrations/env.py", "migrations/versions/1.py", "other/migrations/env.py"), code)
    write(tmp_path, {**files, "migrations/script.py.mako": ""})

    ported = [name for name in files if "quart" in (tmp_path / name).read_text()]

    assert ported == ["migrations/env.py"]


def test_commands_of_flask_migrate_are_kept(tmp_path: Path) -> None:
    """Where the class of Flask-Migrate is imported, its commands are given Quart's context, once."""
    code = "from flask_migrate import Migrate, upgrade\n\nmigrate = Migrate()\nprint(upgrade)\n"
    ported = write(tmp_path, {"site.py": code})

    assert (tmp_path / "site.py").read_text().count("_keep_flask_migrate()\n") == 1
    assert ported.is_complete
    assert ["quart db upgrade" in each.do for each in ported.findings] == [True]
    assert not any(file.is_changed for file in port(tmp_path).files)


@pytest.mark.parametrize("extension", KEPT.values(), ids=list(KEPT))
def test_the_guide_shows_what_is_written(extension: Extension) -> None:
    """The porting guide has the lines as the assistant writes them."""
    added = [
        "".join(line[1:] + "\n" for line in block.code.splitlines() if line[:1] == "+")
        for block in blocks(DOCS / "porting.md", "diff")
    ]

    assert any(f"{extension.code}\n\n{extension.function}()\n" in text for text in added)
