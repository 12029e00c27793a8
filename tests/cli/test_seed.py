"""``seed``: users for load tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import func, select

from quart_app.accounts.models import User
from quart_app.application import Application
from quart_app.cli import seed
from quart_app.factory import create_app
from tests.cli.serving import can_log_in, served

Command = Callable[..., Result]


def users(app: Application) -> int:
    """How many there are."""

    async def count() -> int:
        async with app.database.session() as session:
            return await session.scalar(select(func.count(User.id))) or 0

    return served(app, count)


def test_as_many_as_wanted(command: Command, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first and the last can log in, whatever is sent to the database at once; a second time adds what lacks."""
    monkeypatch.setattr(seed, "_AT_ONCE", 3)
    assert command("seed", "--users", "4").stdout == "Added 4 users; 0 were there already.\n"
    assert command("seed", "--users", "10").stdout == "Added 6 users; 4 were there already.\n"
    assert users(app) == 10
    for name in ("user1", "user10@example.com"):
        assert can_log_in(app, name, seed.PASSWORD)


def test_another_password(command: Command, app: Application) -> None:
    """It can be given, and is the same for all."""
    assert command("seed", "--users", "2", "--password-stdin", input="a password of mine\n").exit_code == 0
    assert can_log_in(app, "user2", "a password of mine")
    assert not can_log_in(app, "user2", seed.PASSWORD)


@pytest.mark.parametrize("number", ["0", "-1", "many", "10000001"])
def test_wrong_numbers(command: Command, number: str) -> None:
    """Some, and not more than there are uses for."""
    assert command("seed", "--users", number).exit_code == 2


def test_not_in_production(tmp_path: Path, run: Callable[..., Result]) -> None:
    """Nobody gets accounts there whose password is known (ASVS 6.3.2), and there are none by default."""
    app = create_app(
        {"instance_path": tmp_path, "environment": "production", "secret_key": 32 * "k", "upgrade_at_start": True}
    )
    refused = run(app, "seed", "--users", "1")
    assert refused.exit_code == 1
    assert "not in production" in refused.stderr
    assert users(app) == 0
