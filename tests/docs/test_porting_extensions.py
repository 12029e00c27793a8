"""What the porting guide says of extensions of Flask holds."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from quart import Quart, render_template_string
from quart.testing import QuartClient
from quart_wtf import CSRFProtect

from compat import login_required
from tests.docs.pages import DOCS, ROOT, blocks, programs

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # Flask-Login 0.6.3

_TIMEOUT = 120.0  # seconds, for a pytest that imports everything on a busy machine
_TESTS_OF_A_READER = """
async def test_broken():
    app = create_app()

    @app.get("/broken")
    async def broken():
        raise ZeroDivisionError("in the view")

    await app.test_client().get("/broken")


async def test_expected(raised):
    app = create_app()

    @app.get("/broken")
    async def broken():
        raise ZeroDivisionError("in the view")

    assert (await app.test_client().get("/broken")).status_code == 500
    raised.clear()
"""


@pytest.fixture
def guide() -> Iterator[Any]:
    """The new application of the porting guide, with what follows it on the page."""
    with programs(DOCS / "porting.md") as (_, new):
        yield new


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("Bearer a long random key", 200),
        ("Bearer another key", 401),
        ("Basic YSBsb25nIHJhbmRvbSBrZXk6", 401),
        (None, 401),
    ],
)
async def test_api_of_the_guide_takes_keys_and_no_session(guide: Any, sent: str | None, status: int) -> None:
    """A view under the guide's decorator is open to a key in the header, and not to the session of a login."""
    client = QuartClient(guide.new)
    await client.post("/new/login")
    assert await (await client.get("/new/name")).get_data(as_text=True) == "susan"

    response = await client.post("/new/api/notes", headers={} if sent is None else {"Authorization": sent})

    assert response.status_code == status


async def test_a_request_loader_opens_an_api_to_sessions(guide: Any) -> None:
    """With a request loader and ``login_required`` a view takes the session cookie as well, as the guide warns."""

    async def load(request: Any) -> Any:
        return guide.User() if request.authorization is not None else None

    @login_required
    async def other() -> str:
        return "done"

    guide.new_logins.request_loader(load)
    guide.new.add_url_rule("/new/api/other", view_func=other, methods=["POST"])
    client = QuartClient(guide.new)
    assert (await client.post("/new/api/other")).status_code == 401
    await client.post("/new/login")
    assert (await client.post("/new/api/other")).status_code == 200


async def test_forms_for_seasurf_are_accepted() -> None:
    """With the setting of the guide ``CSRFProtect`` takes SeaSurf's field and header, and refuses without them."""
    app = Quart(__name__)
    app.secret_key = "only for this test"
    app.config["WTF_CSRF_FIELD_NAME"] = "_csrf_token"
    CSRFProtect(app)

    @app.get("/")
    async def form() -> str:
        return await render_template_string("{{ csrf_token() }}")

    @app.post("/")
    async def sent() -> str:
        return "done"

    client = QuartClient(app)
    token = await (await client.get("/")).get_data(as_text=True)

    assert (await client.post("/", form={"_csrf_token": token})).status_code == 200
    assert (await client.post("/", headers={"X-CSRFToken": token})).status_code == 200
    assert (await client.post("/", form={"csrf_token": token})).status_code == 400
    assert (await client.post("/")).status_code == 400


async def test_settings_are_read_without_a_context(guide: Any, tmp_path: Path) -> None:
    """A factory, which a test calls inside the event loop, can read its settings as the guide shows."""
    with sqlite3.connect(tmp_path / "site.db") as connection:
        connection.execute("CREATE TABLE settings (name TEXT, value TEXT)")
        connection.execute("INSERT INTO settings VALUES ('TITLE', 'Our site')")
    connection.close()

    assert guide.read_settings(f"sqlite:///{tmp_path}/site.db") == {"TITLE": "Our site"}


def test_a_failing_test_says_what_a_view_raised(tmp_path: Path) -> None:
    """With the fixture of testing.md a test fails with the view's exception, and one that expects it passes."""
    application, *others = (block.code for block in blocks(DOCS / "testing.md", "python"))
    (fixture,) = (code for code in others if "got_request_exception" in code)
    (settings,) = blocks(DOCS / "testing.md", "toml")
    (tmp_path / "conftest.py").write_text(fixture)
    (tmp_path / "test_site.py").write_text(application + _TESTS_OF_A_READER)
    (tmp_path / "pyproject.toml").write_text(settings.code)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )

    assert "ERROR test_site.py::test_broken - ZeroDivisionError: in the view" in done.stdout
    assert "2 passed, 1 error" in done.stdout
