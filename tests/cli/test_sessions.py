"""``sessions``: listing and ending logins on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import Result
from sqlalchemy import update

from quart_app import clock
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from tests.app.visitor import Visitor
from tests.cli.serving import served

Command = Callable[..., Result]


@pytest.fixture
def visitors(app: Application) -> list[Visitor]:
    """Susan, who is logged in with two browsers, and Joe."""
    visitors = [Visitor(app, "Firefox/1 Linux") for _ in range(3)]

    async def log_in() -> None:
        await visitors[0].register()
        await visitors[2].register("joe", email="joe@example.com")
        await visitors[0].login()
        await visitors[1].login(remember=True)
        await visitors[2].login("joe")

    served(app, log_in)
    return visitors


def who_is_in(app: Application, visitors: list[Visitor]) -> list[bool]:
    """Whether each of them is logged in."""

    async def look() -> list[bool]:
        return [await visitor.is_in() for visitor in visitors]

    return served(app, look)


def let_end(app: Application, session_id: int) -> None:
    """Move a login into the past, so that it has expired."""

    async def write() -> None:
        async with app.app_context(), current_database.of(app).session() as session:
            old = clock.now() - app.settings.session_absolute - timedelta(seconds=1)
            await session.execute(update(LoginSession).where(LoginSession.id == session_id).values(proved_at=old))
            await session.commit()

    served(app, write)


LISTED = [
    ((), ["3 joe session", "2 susan remembered", "1 susan session"]),
    (("Susan",), ["2 susan remembered", "1 susan session"]),
    (("joe@example.com",), ["3 joe session"]),
    (("--limit", "1"), ["3 joe session"]),
]


@pytest.mark.usefixtures("visitors")
def test_list(command: Command, subtests: pytest.Subtests) -> None:
    """One line for each login, newest first: id, user, kind, last seen, address and browser."""
    for arguments, expected in LISTED:
        with subtests.test(arguments=arguments):
            listed = command("sessions", "list", *arguments)
            rows = [line.split("\t") for line in listed.stdout.splitlines()]
            assert [" ".join(row[:3]) for row in rows] == expected
            assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\dZ", row[3]) for row in rows)
            assert {tuple(row[4:]) for row in rows} == {("<local>", "Firefox on Linux")}


@pytest.mark.usefixtures("visitors")
def test_list_of_those_that_go_on(app: Application, command: Command) -> None:
    """The list has as many valid logins as its limit; expired ones are not counted."""
    let_end(app, 3)
    listed = command("sessions", "list", "--limit", "2")
    assert [line.split("\t")[0] for line in listed.stdout.splitlines()] == ["2", "1"]


@pytest.mark.parametrize(
    ("arguments", "said", "left"),
    [
        (("susan",), "Ended 2 logins.", [False, False, True]),
        (("--id", "2"), "Ended 1 login.", [True, False, True]),
        (("--all",), "Ended 3 logins.", [False, False, False]),
    ],
)
def test_end(
    app: Application, visitors: list[Visitor], command: Command, arguments: tuple[str, ...], said: str, left: list[bool]
) -> None:
    """The logins of a user, one login, or all logins are ended."""
    assert command("sessions", "end", *arguments).stdout == f"{said}\n"
    assert who_is_in(app, visitors) == left


NOTHING_TO_END = [
    (("nobody",), 1, "Error: There is no user 'nobody'."),
    (("--id", "99"), 1, "Error: There is no login with the id 99."),
    (("--id", str(2**31)), 2, "2147483648 is not in the range"),
    ((), 2, "Give NAME, --id or --all, and only one of them."),
    (("susan", "--all"), 2, "Give NAME, --id or --all, and only one of them."),
    (("--id", "1", "--all"), 2, "Give NAME, --id or --all, and only one of them."),
]


@pytest.mark.usefixtures("visitors")
def test_nothing_to_end(command: Command, subtests: pytest.Subtests) -> None:
    """An unknown or ambiguous target ends nothing."""
    for arguments, code, said in NOTHING_TO_END:
        with subtests.test(arguments=arguments):
            failed = command("sessions", "end", *arguments)
            assert failed.exit_code == code
            assert said in failed.stderr
            assert len(command("sessions", "list").stdout.splitlines()) == 3


@pytest.mark.usefixtures("visitors")
def test_sweep(app: Application, command: Command) -> None:
    """Expired logins are removed, and their number is printed."""
    assert command("sessions", "sweep").stdout == "Removed 0 logins.\n"
    let_end(app, 3)
    assert command("sessions", "sweep").stdout == "Removed 1 login.\n"
    assert [line.split("\t")[0] for line in command("sessions", "list").stdout.splitlines()] == ["2", "1"]
