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
    """A change by hand: *before*, which stands in the ported *file* once, becomes *after*."""

    file: str
    before: str
    after: str
    why: str

    def apply(self, root: Path) -> None:
        """Make the change; ValueError if the assistant wrote something else."""
        path = root / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.before) != 1:
            raise ValueError(f"{self.file}: this is there {text.count(self.before)} times, not once: {self.before!r}")
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


_PATCH = "Flask-SQLAlchemy is kept for now, with quart-flask-patch"
_DATABASE = ("Flask-SQLAlchemy==3.1.1", "quart-flask-patch==0.3.0")

APPLICATIONS = {
    "tutorial": Application(
        title="Flask-Login tutorial's application (chapters up to logins)",
        source=OURS / "tutorial",
        parts=["application", "test_application.py", "pytest.ini"],
        tests="test_application.py",
        requires=_DATABASE,
        by_hand=[Edit("application/__init__.py", "from quart import Quart\n",
                      "import quart_flask_patch  # noqa: F401\nfrom quart import Quart\n", _PATCH)],
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
        requires=[*_DATABASE, "Flask-Migrate==4.1.0", "Flask-WTF==1.3.0", "quart-wtforms==1.0.3", "python-dotenv",
                  "beautifulsoup4", "lxml", "apscheduler<4", "email-validator"],
        by_hand=[Edit("article_management/__init__.py", "import os\nfrom quart import Quart\n",
                      "import os\n\nimport quart_flask_patch  # noqa: F401\nfrom quart import Quart\n", _PATCH)],
    ),
    "wiki": Application(
        title="An Otter Wiki",
        source=Sdist("otterwiki", "2.26.1", "a67fcc30f7a2e50f3569b30ad7d0c87b641b38cd9a3eb71c969161fe8930a34f"),
        parts=["otterwiki", "pyproject.toml"],
        journey="test_wiki.py",
        tests="test_wiki.py",
        requires=[*_DATABASE, "Flask-Mail==0.10.0", "Flask-WTF==1.3.0", "quart-wtforms==1.0.3", "gitpython",
                  "mistune==3.3.3", "pygments", "Pillow", "PyYAML", "unidiff", "beautifulsoup4", "pluggy", "regex",
                  "feedgen", "lxml"],
        by_hand=[
            Edit("otterwiki/server.py", "import datetime\nimport os\n",
                 "import quart_flask_patch  # noqa: F401\n\nimport asyncio\nimport datetime\nimport os\n", _PATCH),
            Edit("otterwiki/server.py", "with app.app_context():\n    db.create_all()\n",
                 "async def create_tables():\n    async with app.app_context():\n        db.create_all()\n\n\n"
                 "asyncio.run(create_tables())\n", "a context at the top of a module"),
            Edit("otterwiki/server.py", "\nupdate_app_config()\n", "\nasyncio.run(update_app_config())\n",
                 "a context at the top of a module"),
        ],
    ),
}  # fmt: skip
