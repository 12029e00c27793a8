from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import Visitor


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A real SQLite file, and a hash that costs nothing."""
    return Settings(instance_path=tmp_path, password_method="pbkdf2:sha256:1")


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Application]:
    """An application that has started, as a server starts it."""
    app = create_app(settings)
    async with app.test_app():
        yield app


@pytest.fixture
def visitor(app: Application) -> Visitor:
    """Somebody who has not been here before."""
    return Visitor(app)
