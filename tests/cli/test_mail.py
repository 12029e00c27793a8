"""``mail``: what waits to be sent, and sending it now, on the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from click.testing import Result
from sqlalchemy import delete, text, update

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.mail.queue import QueuedMail, enqueue_in, waiting_mails
from quart_app.models.outgoing_mail import MailKind, OutgoingMail
from tests.cli.serving import served

Command = Callable[..., Result]

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"


@pytest.fixture(autouse=True)
def mails(app: Application) -> None:
    """Three mails: one waits, one was tried, and one was given up."""

    async def add() -> None:
        async with app.app_context(), current_database().session() as session:
            for name in ("susan", "joe", "ann"):
                enqueue_in(session, MailKind.SET_PASSWORD, f"{name}@example.com", root_url="http://localhost/")
            await session.flush()
            for number, values in ((2, {}), (3, {"next_attempt_at": None})):
                query = update(OutgoingMail).where(OutgoingMail.id == number)
                await session.execute(query.values(attempts=number, last_error="451 later", **values))
            await session.commit()

    served(app, add)


def attempts(app: Application) -> list[tuple[int, bool]]:
    """How often each mail was tried, and whether it waits."""

    async def look() -> Sequence[QueuedMail]:
        async with app.app_context():
            return await waiting_mails(10)

    found = sorted(served(app, look), key=lambda mail: mail.id)
    return [(mail.attempts, mail.next_attempt_at is not None) for mail in found]


def test_list(command: Command) -> None:
    """One line for each mail: id, kind, address, times, attempts and error; those that were given up come first."""
    listed = command("mail", "list").stdout
    rows = [line.split("\t") for line in listed.splitlines()]
    assert [row[:3] for row in rows] == [
        ["3", "set-password", "ann@example.com"],
        ["1", "set-password", "susan@example.com"],
        ["2", "set-password", "joe@example.com"],
    ]
    assert all(re.fullmatch(TIME, row[3]) for row in rows)
    assert rows[0][4:] == ["3", "given up", "451 later"]
    assert [(row[4], bool(re.fullmatch(TIME, row[5])), row[6]) for row in rows[1:]] == [
        ("0", True, ""),
        ("2", True, "451 later"),
    ]
    assert command("mail", "list", "--limit", "3").stderr == ""


def test_list_is_not_complete(app: Application, command: Command) -> None:
    """The list says if it leaves out mails, and if there are none, beside its lines, which programs read."""
    first = command("mail", "list", "--limit", "2")
    assert (first.stdout.count("\n"), first.stderr) == (2, "There are more than these 2: --limit shows them.\n")

    async def empty() -> None:
        async with app.app_context():
            await current_database().execute(delete(OutgoingMail))

    served(app, empty)
    listed = command("mail", "list")
    assert (listed.stdout, listed.stderr) == ("", "No mail waits or was given up.\n")


def test_list_a_kind_of_a_newer_release(app: Application, command: Command) -> None:
    """After a return to an older release its operators see the mails that this one cannot compose."""

    async def rename() -> None:
        async with app.app_context(), current_database().session() as session:
            await session.execute(text("UPDATE outgoing_mails SET kind = 'of-a-newer-release' WHERE id = 1"))
            await session.commit()

    served(app, rename)
    assert "1\tof-a-newer-release\tsusan@example.com\t" in command("mail", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "said", "left"),
    [
        (("3",), "1 mail is due now.", [(0, True), (2, True), (0, True)]),
        (("2", "3", "99"), "2 mails are due now.", [(0, True), (0, True), (0, True)]),
        (("--all",), "3 mails are due now.", [(0, True), (0, True), (0, True)]),
    ],
)
def test_retry(
    app: Application, command: Command, arguments: tuple[str, ...], said: str, left: list[tuple[int, bool]]
) -> None:
    """Mails are made due, as if they had not been tried; the others stay as they are."""
    assert command("mail", "retry", *arguments).stdout == f"{said}\n"
    assert attempts(app) == left


NOTHING_TO_RETRY = [
    (("99",), 1, "Error: No mail in the queue has such an id. It may have been sent."),
    ((), 2, "Give IDs, as `mail list` shows them, or --all."),
    (("1", "--all"), 2, "Give IDs, as `mail list` shows them, or --all."),
    ((str(2**31),), 2, "2147483648 is not in the range"),
]


def test_nothing_to_retry(app: Application, command: Command, subtests: pytest.Subtests) -> None:
    """An unknown or ambiguous target makes nothing due."""
    for arguments, code, said in NOTHING_TO_RETRY:
        with subtests.test(arguments=arguments):
            failed = command("mail", "retry", *arguments)
            assert (failed.exit_code, said in failed.stderr) == (code, True)
            assert attempts(app) == [(0, True), (2, True), (3, False)]
