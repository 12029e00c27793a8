"""Generated input for the application; see docs/testing.md."""

from __future__ import annotations

import pytest

from tests.app.conftest import app as app
from tests.app.conftest import long_waiting_time as long_waiting_time
from tests.app.conftest import migrated_sqlite_url as migrated_sqlite_url
from tests.app.conftest import settings as settings
from tests.app.conftest import sqlite_template as sqlite_template
from tests.app.conftest import visitor as visitor


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the input does not depend on the database."""
    return migrated_sqlite_url
