"""Applications of a few files, two of which belong to the libraries that are replaced."""

from __future__ import annotations

from tests.port.public.application import Application, Edit
from tests.port.public.sources import OURS, Sdist

_SCHEDULED = """\
            raise NotImplementedError('PORT: scheduled_maintenance')
            scheduler.add_job(
                func=scheduled_maintenance,
"""
_SCHEDULED_ON_QUART = """\
            import asyncio

            scheduler.add_job(
                func=lambda: asyncio.run(scheduled_maintenance()),
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
        by_hand=[Edit("article_management/__init__.py", _SCHEDULED, _SCHEDULED_ON_QUART, "a scheduler with threads")],
    ),
}  # fmt: skip
