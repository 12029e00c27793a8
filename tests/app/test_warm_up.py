"""What a worker does beside its first requests."""

from __future__ import annotations

import pytest

from quart_app.application import Application
from quart_app.serve import warm_up


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the database is not used."""
    return migrated_sqlite_url


async def test_a_broken_template_does_not_leave_the_collector_off(
    app: Application, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The error is logged once, with its file, and the garbage collector runs again."""
    monkeypatch.setattr(app.jinja_env.loader, "list_templates", lambda: ["broken.html"])
    monkeypatch.setattr(app.jinja_env.loader, "get_source", lambda *_: ("{% if %}", "broken.html", None))
    spared: list[bool] = []
    monkeypatch.setattr(warm_up, "spare_the_collector", lambda: spared.append(True))
    await warm_up.warm_up_while_serving(app)
    assert spared == [True]
    assert [record.getMessage() for record in caplog.records] == [
        "Could not warm up: requests that need the same will fail"
    ]
    assert "broken.html" in caplog.text
