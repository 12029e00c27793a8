"""Every event of a login or an account is recorded once, where it happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.database.faults import DatabaseUnavailable, OutcomeUnknown
from quart_app.factory import create_app
from quart_app.models.outgoing_mail import MailKind
from quart_app.models.user import User
from quart_app.operation.events import Event, record
from quart_app.sessions.ending import end_sessions
from quart_app.settings import Settings
from tests.app.log_lines import logging_of_a_worker, read_lines
from tests.app.logged_in import log_in_as_new_user
from tests.app.mailbox import sent_mail
from tests.app.many_logins import public_ids
from tests.app.program import Program, browser_of
from tests.app.visitor import PASSWORD, Visitor
from tests.services.tables import folder_with_tables

Journey = Callable[[Visitor], Awaitable[object]]
OTHER = "another long password"


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """The log of a worker, as JSON."""
    with logging_of_a_worker(json=True):
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """SQLite only: the log does not depend on the database."""
    folder = folder_with_tables(tmp_path)
    return Settings(instance_path=folder, password_method="pbkdf2:sha256:1", send_mails=False)


@pytest.fixture
async def susan(visitor: Visitor, capfd: pytest.CaptureFixture[str]) -> Visitor:
    """A user who is logged in with two browsers."""
    await log_in_as_new_user(Visitor(visitor.app), remember=False)
    await visitor.login(remember=True)
    capfd.readouterr()
    return visitor


def events(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The recorded events, without the fields that every line has."""
    lines = [line for line in read_lines(capfd) if line["logger"] == "quart_app.events"]
    for line in lines:
        assert len(line.pop("request_id")) == 32
        assert (line.pop("address"), line.pop("client")) == ("<local>", "Quart")
        del line["time"], line["logger"]
    return lines


def line_of(event: Event, level: str = "info", **values: object) -> dict[str, object]:
    """The expected line of an event."""
    return {"event": event.value, "level": level, "user_id": 1, **values}


async def _register(susan: Visitor) -> None:
    await Visitor(susan.app).register("joe", email="joe@example.com")


async def _log_in(susan: Visitor) -> None:
    await Visitor(susan.app).login("susan@example.com")


async def _enter_wrong_password(susan: Visitor) -> None:
    await Visitor(susan.app).login(password=OTHER)


async def _log_in_for_a_token(susan: Visitor) -> None:
    await Program(susan.app).log_in(kind="bearer")


async def _enter_unknown_name(susan: Visitor) -> None:
    await Visitor(susan.app).login("nobody")


async def _restore(susan: Visitor) -> None:
    susan.forget("session")
    for _ in range(3):
        await susan.get("/index")


async def _restore_and_prove(susan: Visitor) -> None:
    susan.forget("session")
    await susan.submit("/reauthenticate", current_password=OTHER)
    await susan.submit("/reauthenticate", current_password=PASSWORD)


async def _log_out(susan: Visitor) -> None:
    for _ in range(2):
        await susan.logout() if await susan.is_in() else await susan.get("/logout")


async def _end_another(susan: Visitor) -> None:
    token, (target, _) = (await susan.get("/account")).token, await public_ids(susan.app)
    for _ in range(2):
        await susan.post(f"/account/sessions/{target}/end", {"csrf_token": token})


async def _end_this_one(susan: Visitor) -> None:
    _, target = await public_ids(susan.app)
    await susan.post(f"/account/sessions/{target}/end", {"csrf_token": (await susan.get("/account")).token})


async def _end_others(susan: Visitor) -> None:
    token = (await susan.get("/account")).token
    for _ in range(2):
        await susan.post("/account/sessions/end-others", {"csrf_token": token})


async def _change_password(susan: Visitor) -> None:
    await susan.submit("/account/password", current_password=PASSWORD, password=OTHER, password2=OTHER)


async def _change_email(susan: Visitor) -> None:
    await susan.submit("/account/email", email="susan@example.org", current_password=PASSWORD)
    await _confirm_email(susan)


async def _confirm_email(susan: Visitor) -> None:
    mail = await sent_mail(susan.app, MailKind.CONFIRM_ADDRESS)
    for _ in range(2):
        await Program(susan.app).send("POST", "/email-confirmations", {"token": mail.token})


async def _reset_password(susan: Visitor) -> None:
    await Visitor(susan.app).submit("/forgotten", email="susan@example.com")
    mail = await sent_mail(susan.app, MailKind.SET_PASSWORD)
    for _ in range(2):
        await Program(susan.app).send("POST", "/passwords", {"token": mail.token, "password": OTHER})


async def _fail_to_change_email(susan: Visitor) -> None:
    await susan.submit("/account/email", email="susan@example.org", current_password=OTHER)


async def _delete(susan: Visitor) -> None:
    await susan.submit("/account/delete", current_password=PASSWORD)


async def _change_email_by_api(susan: Visitor) -> None:
    program, fields = browser_of(susan), {"email": "susan@example.org", "current_password": PASSWORD}
    await program.send("PUT", "/me/email", fields)
    await _confirm_email(susan)


async def _fail_to_change_email_by_api(susan: Visitor) -> None:
    program, fields = browser_of(susan), {"email": "susan@example.org", "current_password": OTHER}
    await program.send("PUT", "/me/email", fields)


async def _delete_by_api(susan: Visitor) -> None:
    await browser_of(susan).send("DELETE", "/me", {"current_password": PASSWORD})


@pytest.mark.parametrize(
    ("journey", "expected"),
    [
        (_register, [{"event": "registered", "level": "info", "user_id": 2}]),
        (_log_in, [line_of(Event.LOGIN_SUCCEEDED)]),
        (_log_in_for_a_token, [line_of(Event.LOGIN_SUCCEEDED)]),
        (_enter_wrong_password, [line_of(Event.LOGIN_FAILED, "warning", reason="wrong")]),
        (_enter_unknown_name, [line_of(Event.LOGIN_FAILED, "warning", reason="unknown", user_id=None)]),
        (_restore, [line_of(Event.LOGIN_RESTORED)]),
        (
            _restore_and_prove,
            [
                line_of(Event.LOGIN_RESTORED),
                line_of(Event.REAUTHENTICATION_FAILED, "warning"),
                line_of(Event.REAUTHENTICATION_SUCCEEDED),
            ],
        ),
        (_log_out, [line_of(Event.LOGGED_OUT, sessions_ended=1)]),
        (_end_another, [line_of(Event.SESSION_ENDED, sessions_ended=1)]),
        (_end_this_one, [line_of(Event.LOGGED_OUT, sessions_ended=1)]),
        (_end_others, [line_of(Event.SESSIONS_ENDED, sessions_ended=1)]),
        (_change_password, [line_of(Event.PASSWORD_CHANGED, sessions_ended=1)]),
        (_change_email, [line_of(Event.EMAIL_CHANGE_REQUESTED), line_of(Event.EMAIL_CHANGED)]),
        (_fail_to_change_email, [line_of(Event.REAUTHENTICATION_FAILED, "warning")]),
        (_delete, [line_of(Event.ACCOUNT_DELETED, sessions_ended=2)]),
        (_change_email_by_api, [line_of(Event.EMAIL_CHANGE_REQUESTED), line_of(Event.EMAIL_CHANGED)]),
        (_confirm_email, [line_of(Event.EMAIL_CONFIRMED)]),
        (
            _reset_password,
            [
                {**line_of(Event.PASSWORD_RESET_REQUESTED), "user_id": None},
                line_of(Event.PASSWORD_RESET, sessions_ended=2),
            ],
        ),
        (_fail_to_change_email_by_api, [line_of(Event.REAUTHENTICATION_FAILED, "warning")]),
        (_delete_by_api, [line_of(Event.ACCOUNT_DELETED, sessions_ended=2)]),
    ],
)
async def test_events(
    susan: Visitor, capfd: pytest.CaptureFixture[str], journey: Journey, expected: list[dict[str, object]]
) -> None:
    """Each event is recorded once, with its user, even if the transaction is repeated."""
    await journey(susan)
    assert events(capfd) == expected


async def test_throttled(susan: Visitor, app: Application, capfd: pytest.CaptureFixture[str]) -> None:
    """A throttled attempt is an event that names its limit, for a name and for an address."""
    strict = create_app({**app.settings.model_dump(), "login_attempts": 1, "logins_per_minute": 2})
    async with strict.test_app():
        stranger = Visitor(strict)
        for _ in range(3):
            await stranger.login(password=OTHER)
    assert events(capfd) == [
        line_of(Event.LOGIN_FAILED, "warning", reason="wrong"),
        line_of(Event.THROTTLED, "warning", limit="attempts-used-up"),
        line_of(Event.THROTTLED, "warning", limit="address-limited", user_id=None),
    ]


async def test_throttled_mails(susan: Visitor, app: Application, capfd: pytest.CaptureFixture[str]) -> None:
    """A mail too many is an event that names its limit, though the answer does not tell."""
    strict = create_app({**app.settings.model_dump(), "mails_per_account": 1})
    async with strict.test_app():
        stranger = Visitor(strict)
        for _ in range(2):
            token = (await stranger.get("/forgotten")).token
            sent = await stranger.post("/forgotten", {"csrf_token": token, "email": "susan@example.com"})
            assert sent.status == 302
    throttled = [line for line in events(capfd) if line["event"] == "throttled"]
    assert throttled == [line_of(Event.THROTTLED, "warning", limit="mails-used-up", user_id=None)]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (DatabaseUnavailable, "The database does not answer."),
        (OutcomeUnknown, "The database was lost during a commit: the change may have been made, or not."),
    ],
)
async def test_what_a_503_logs(
    app: Application, capfd: pytest.CaptureFixture[str], error: type[DatabaseUnavailable], text: str
) -> None:
    """The log says what has failed; what the client should do is in the answer alone."""

    @app.get("/fails")
    async def fail() -> str:
        raise error

    assert (await Visitor(app).get("/fails")).status == 503
    lines = [line["event"] for line in read_lines(capfd) if line["level"] == "error"]
    assert lines == [f"Answered 503: {text}"]


async def test_inactive(susan: Visitor, app: Application, capfd: pytest.CaptureFixture[str]) -> None:
    """Closing an account is an event, and a failed login to it is another one."""
    async with app.app_context():
        await deactivate_user(1)
    (line,) = read_lines(capfd)
    assert (line["event"], line["sessions_ended"]) == ("account deactivated", 2)
    assert "address" not in line
    await Visitor(app).login()
    assert events(capfd) == [line_of(Event.LOGIN_FAILED, "warning", reason="inactive")]


@pytest.mark.parametrize("damaged", ["md5$s$00", "", "scrypt:32768:8:3$salt", "scrypt:32768:8:3$salt$n\u00f6"])
async def test_damaged_hash(susan: Visitor, app: Application, capfd: pytest.CaptureFixture[str], damaged: str) -> None:
    """A login with a damaged hash fails, and the log names the reason."""
    async with app.app_context(), current_database.of(app).session() as session:
        await session.execute(update(User).values(password_hash=damaged))
        await session.commit()
    assert (await Visitor(app).login()).location == "/login"
    scheme = {"password_scheme": "werkzeug or django"} if damaged.startswith("md5$") else {}
    assert events(capfd) == [line_of(Event.LOGIN_FAILED, "warning", reason="damaged", **scheme)]


async def test_events_are_counted(susan: Visitor, app: Application) -> None:
    """The metrics count events and ended login sessions."""
    await _end_others(susan)
    await _enter_wrong_password(susan)
    written = (await susan.get("/metrics")).text
    assert 'auth_events_total{event="sessions ended",reason=""} 1.0' in written
    assert 'auth_events_total{event="login failed",reason="wrong"} 1.0' in written
    assert "login_sessions_ended_total 1.0" in written


async def test_every_event_can_be_recorded(
    app: Application, capfd: pytest.CaptureFixture[str], subtests: pytest.Subtests
) -> None:
    """Outside of a request an event has neither address nor client."""
    for kind in Event:
        with subtests.test(kind=kind):
            async with app.app_context():
                record(kind, user_id=7)
            (line,) = read_lines(capfd)
            assert (line["event"], line["user_id"], line["logger"]) == (kind.value, 7, "quart_app.events")
            assert "address" not in line


async def test_nothing_is_recorded_that_was_undone(
    susan: Visitor, app: Application, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that could not be committed is not recorded."""
    token = (await susan.get("/logout")).token
    capfd.readouterr()

    async def fail(_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("sqlalchemy.ext.asyncio.AsyncSession.commit", fail)
    assert (await susan.post("/logout", {"csrf_token": token})).status == 503
    async with app.app_context():
        with pytest.raises(Exception, match="did not answer"):
            await end_sessions(1)
        assert await user_by_login("susan")
    assert [line for line in read_lines(capfd) if line["logger"] == "quart_app.events"] == []
