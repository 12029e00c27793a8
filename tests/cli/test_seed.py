"""``seed``: users for load tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, event, func, select

from quart_app.accounts.password_rules import TEST_PASSWORD
from quart_app.application import Application
from quart_app.cli import seed
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.models.user import User
from tests.app.visitor import PASSWORD
from tests.cli.serving import can_log_in, served

Command = Callable[..., Result]


def users(app: Application) -> int:
    """The number of users."""

    async def count() -> int:
        async with current_database.of(app).session() as session:
            return await session.scalar(select(func.count(User.id))) or 0

    return served(app, count)


def test_as_many_as_wanted(command: Command, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first and the last user can log in, for any batch size; a second run adds only what is missing."""
    monkeypatch.setattr(seed, "_BATCH", 3)
    assert command("seed", "--users", "4").stdout == "Added 4 users; 0 existed already.\n"
    assert command("seed", "--users", "10").stdout == "Added 6 users; 4 existed already.\n"
    assert users(app) == 10
    for name in ("user1", "user10@example.com"):
        assert can_log_in(app, name, TEST_PASSWORD)


def test_a_fault_in_the_middle(command: Command, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is one transaction: earlier ones stay, and the next run adds the rest."""
    monkeypatch.setattr(seed, "_BATCH", 3)
    inserts: list[str] = []

    def fail_in_the_third(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        inserts.extend([statement] if statement.startswith("INSERT INTO users") else [])
        if len(inserts) == 3:
            raise OSError("disk full")

    event.listen(Engine, "before_cursor_execute", fail_in_the_third)
    try:
        failed = command("seed", "--users", "10")
    finally:
        event.remove(Engine, "before_cursor_execute", fail_in_the_third)
    assert failed.exit_code == 1
    assert failed.stderr.startswith("Error: The database does not answer.")
    assert users(app) == 6
    assert command("seed", "--users", "10").stdout == "Added 4 users; 6 existed already.\n"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_taken_names_are_skipped(tmp_path: Path, run: Command, request: pytest.FixtureRequest, kind: str) -> None:
    """A user whose name or address another account has is not added and not counted."""
    url = f"sqlite:///{tmp_path / 'one.sqlite3'}" if kind == "sqlite" else request.getfixturevalue("postgresql_url")
    cheap = {"password_method": "pbkdf2:sha256:1", "log_level": "ERROR"}
    app = create_app({"instance_path": tmp_path, "database_url": url, **cheap})
    for name, email in (("User2", "susan@example.com"), ("joe", "USER3@example.com")):
        created = run(app, "user", "create", name, email, "--password-stdin", input=f"{PASSWORD}\n")
        assert created.exit_code == 0
    seeded = run(app, "seed", "--users", "4")
    assert (seeded.exit_code, seeded.stdout) == (0, "Added 2 users; 2 existed already.\n")
    assert users(app) == 4


def test_another_password(command: Command, app: Application) -> None:
    """Another password can be given, for all users."""
    assert command("seed", "--users", "2", "--password-stdin", input="a password of mine\n").exit_code == 0
    assert can_log_in(app, "user2", "a password of mine")
    assert not can_log_in(app, "user2", TEST_PASSWORD)


@pytest.mark.parametrize("number", ["0", "-1", "many", "10000001"])
def test_wrong_numbers(command: Command, number: str) -> None:
    """The number has a minimum and a maximum."""
    assert command("seed", "--users", number).exit_code == 2


def test_help(command: Command) -> None:
    """The help says which password the users have."""
    said = "".join(command("seed", "--help").stdout.split())  # lines end where they may, within an option, too
    assert f'is "{TEST_PASSWORD}", unless --password-stdin gives another one'.replace(" ", "") in said


def test_not_in_production(tmp_path: Path, run: Callable[..., Result]) -> None:
    """In production the command is refused (ASVS 6.3.2), and there are no default accounts."""
    app = create_app(
        {
            "instance_path": tmp_path,
            "environment": "production",
            "secret_key": 32 * "k",
            "mail_url": "file:",
            "upgrade_at_start": True,
        }
    )
    refused = run(app, "seed", "--users", "1")
    assert refused.exit_code == 1
    assert "not allowed in production" in refused.stderr
    assert users(app) == 0
