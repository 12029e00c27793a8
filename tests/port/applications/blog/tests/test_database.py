import sqlite3

import pytest

from blog.database import get_db


def test_connection_is_closed(app):
    with app.app_context():
        db = get_db()
        assert db is get_db()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        db.execute("SELECT 1")


def test_commands(runner):
    assert "1 posts" in runner.invoke(args=["count"]).output
    assert "Done." in runner.invoke(args=["init-db"]).output
    assert "0 posts" in runner.invoke(args=["count"]).output
