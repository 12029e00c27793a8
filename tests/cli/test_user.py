"""``user``: accounts on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from quart_app.application import Application
from quart_app.factory import create_app
from tests.app.program import Program
from tests.app.visitor import PASSWORD, Visitor
from tests.cli.serving import can_log_in, served

Command = Callable[..., Result]


@pytest.fixture
def susan(command: Command) -> None:
    """A user with an account."""
    created = command("user", "create", "Susan", "susan@example.com", "--password-stdin", input=f"{PASSWORD}\n")
    assert (created.exit_code, created.stdout) == (0, "Created Susan, with the id 1.\n")


@pytest.mark.usefixtures("susan")
def test_created(app: Application) -> None:
    """A user who is created here can log in with exactly that password."""
    assert can_log_in(app, "susan@example.com")
    assert not can_log_in(app, "susan", f"{PASSWORD}\n")


def test_prompt(command: Command, app: Application) -> None:
    """The password is asked for twice and not shown."""
    created = command("user", "create", "joe", "joe@example.com", input=f"{PASSWORD}\n{PASSWORD}\n")
    assert created.exit_code == 0
    assert created.stdout.startswith("Password: \nRepeat for confirmation: \n")
    assert PASSWORD not in created.output
    assert can_log_in(app, "joe")


@pytest.mark.usefixtures("susan")
@pytest.mark.parametrize(
    ("name", "email", "password", "said"),
    [
        ("SUSAN", "other@example.com", PASSWORD, "There is already a user with this username"),
        ("other", "SUSAN@example.com", PASSWORD, "There is already a user with this email"),
        ("su\nsan", "other@example.com", PASSWORD, "The username: Use visible characters"),
        ("", "other@example.com", PASSWORD, "The username: This field is required."),
        ("o@ther", "other@example.com", PASSWORD, "The username: Use a name without @"),
        ("other", "nowhere", PASSWORD, "The email address: Invalid"),
        ("other", "other@example.com", "short", "The password: "),
        ("other", "other@example.com", 300 * "x", "The password: "),
    ],
)
def test_refused(command: Command, name: str, email: str, password: str, said: str) -> None:
    """The rules are those of the pages; the error is a sentence that does not repeat the password."""
    refused = command("user", "create", name, email, "--password-stdin", input=f"{password}\n")
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].startswith(f"Error: {said}")
    assert password not in refused.output


@pytest.mark.usefixtures("susan")
def test_closed_and_opened(command: Command, app: Application) -> None:
    """A closed account has no logins and cannot log in until it is opened again."""
    visitor = Visitor(app)
    served(app, visitor.login)
    assert command("user", "deactivate", "susan").exit_code == 0
    assert not served(app, visitor.is_in)
    assert not can_log_in(app, "susan")
    assert command("user", "activate", "susan@example.com").exit_code == 0
    assert can_log_in(app, "susan")
    assert not served(app, visitor.is_in)


@pytest.mark.usefixtures("susan")
def test_new_password(command: Command, app: Application) -> None:
    """Only the new password logs in, and all logins have ended."""
    visitor = Visitor(app)
    served(app, visitor.login)
    changed = command("user", "set-password", "susan", "--password-stdin", input="another long password\n")
    assert (changed.exit_code, changed.stdout) == (
        0,
        "Susan has a new password. All logins have been ended.\n",
    )
    assert not served(app, visitor.is_in)
    assert not can_log_in(app, "susan")
    assert can_log_in(app, "susan", "another long password")


@pytest.mark.usefixtures("susan")
def test_confirmed(command: Command, app: Application) -> None:
    """An operator can confirm an address that no mail reaches."""
    confirmed = command("user", "confirm", "susan")
    assert (confirmed.exit_code, confirmed.stdout) == (0, "susan@example.com is the confirmed address of Susan.\n")

    async def is_confirmed() -> bool:
        program = Program(app)
        await program.log_in()
        confirmed: bool = (await program.send("GET", "/me")).json["email_confirmed"]
        return confirmed

    assert served(app, is_confirmed)


@pytest.mark.parametrize("action", ["deactivate", "activate", "confirm", "set-password"])
@pytest.mark.parametrize("name", ["nobody", "no\0body", "\udcff"])
def test_nobody(command: Command, action: str, name: str) -> None:
    """An unknown user is an error that says so."""
    failed = command("user", action, name)
    assert (failed.exit_code, failed.stderr) == (1, f"Error: There is no user {name!r}.\n")


@pytest.mark.parametrize(
    "arguments",
    [(), ("create",), ("create", "susan"), ("create", "a", "b", "password"), ("dance", "susan")],
)
def test_wrong_calls(command: Command, arguments: tuple[str, ...]) -> None:
    """A wrong command prints its usage; there is no argument for a password."""
    assert command("user", *arguments).exit_code == 2


def test_old_tables(tmp_path: Path, run: Callable[..., Result]) -> None:
    """With old tables every command ends with a message about the upgrade, where a server would not change them."""
    app = create_app({"instance_path": tmp_path, "upgrade_at_start": False})
    failed = run(app, "user", "activate", "susan")
    assert failed.exit_code == 1
    assert failed.stderr.splitlines()[-1].endswith("run: quart --app quart_app db upgrade")


def test_no_database(tmp_path: Path, run: Callable[..., Result]) -> None:
    """Without a database a command ends with a sentence that has no password in it."""
    url = "postgresql+asyncpg://microblog:password-of-the-database@127.0.0.1:1/microblog"
    failed = run(create_app({"instance_path": tmp_path, "database_url": url}), "user", "activate", "susan")
    assert failed.exit_code == 1
    assert failed.stderr.startswith("Error: The database does not answer.")
    assert "password-of-the-database" not in failed.output
