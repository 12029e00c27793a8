"""Ways to start the application, except Hypercorn, which tests/browser covers."""

from __future__ import annotations

from pathlib import Path

import pytest
from quart.cli import ScriptInfo

import quart_app
from quart_app.accounts.passwords import current_password_hasher
from quart_app.application import Application
from quart_app.database import current_database


def test_quart_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``quart --app quart_app run`` finds the factory by its name."""
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path))
    app = ScriptInfo(app_import_path="quart_app").load_app()
    assert isinstance(app, Application)


def test_applications_share_nothing(tmp_path: Path) -> None:
    """Each call makes an application with parts of its own."""
    one, other = (quart_app.create_app({"instance_path": tmp_path / name}) for name in ("one", "other"))
    assert current_database.of(one) is not current_database.of(other)
    assert current_password_hasher.of(one) is not current_password_hasher.of(other)
    assert one.secret_key != other.secret_key
