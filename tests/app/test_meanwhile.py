"""Requests during which their login ends.

The user of a request is loaded before its body is read, which a client can delay for seconds. Only buttons have their
token checked, and so their body read, before that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from compat import user_loaded
from quart_app.accounts.users import add_user, taken_fields, user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession
from quart_app.models.outgoing_mail import MailKind
from quart_app.models.user import User
from quart_app.sessions.confirmation import check_session_in
from tests.app.deletion import delete_user
from tests.app.mailbox import queued, sent_mail, sent_mails
from tests.app.program import Program
from tests.app.visitor import PASSWORD, Visitor

OWNERS = "a password of the owner's"
THEIRS = "a password of the thief's"


@asynccontextmanager
async def under_way(visitor: Visitor, path: str, fields: Mapping[str, str]) -> AsyncIterator[list[str]]:
    """Send a form whose user is loaded before the block and whose body ends after it; then list its redirect."""
    token = (await visitor.get("/account")).token
    known = asyncio.Event()
    places: list[str] = []

    def notice(_app: object, **_: object) -> None:
        known.set()

    sent = visitor.client.request(
        path,
        method="POST",
        headers={"User-Agent": visitor.agent, "Content-Type": "application/x-www-form-urlencoded"},
    )
    async with sent as request:
        await request.send(b"submit=1&")
        with user_loaded.connected_to(notice):
            async with asyncio.timeout(10):
                await known.wait()
        yield places
        await request.send(urlencode({"csrf_token": token, **fields}).encode())
        await request.send_complete()
    places.append((await request.as_response()).headers["Location"])


async def run(app: Application, statement: str) -> None:
    """Execute SQL without the application."""
    async with app.app_context(), current_database.of(app).session() as session:
        await session.execute(text(statement))
        await session.commit()


async def rows(app: Application) -> list[LoginSession]:
    """All login sessions."""
    async with app.app_context(), current_database.of(app).session() as session:
        return list((await session.execute(select(LoginSession).order_by(LoginSession.id))).scalars())


async def join(app: Application, name: str) -> Visitor:
    """A browser that has registered and logged in."""
    visitor = Visitor(app)
    await visitor.register(name, email=f"{name}@example.com")
    await visitor.login(name)
    return visitor


# --- ids


async def test_no_id_is_used_twice(app: Application) -> None:
    """The id of a deleted user or login is never used again, even if it was the highest."""
    susan = await join(app, "susan")
    await susan.logout()
    await susan.login()
    assert [(row.id, row.user_id) for row in await rows(app)] == [(2, 1)]
    async with app.app_context():
        await delete_user(1)
    await join(app, "joe")
    assert [(row.id, row.user_id) for row in await rows(app)] == [(3, 2)]


async def test_one_login_is_not_taken_for_another(app: Application) -> None:
    """A login of another user with the same id, as in a restored database, is not renewed."""
    mallory = await join(app, "mallory")
    susan = await join(app, "susan")
    (_, hers) = await rows(app)

    async with under_way(mallory, "/reauthenticate", {"current_password": PASSWORD}) as places:
        await run(app, "DELETE FROM login_sessions WHERE id = 1")
        await run(app, "UPDATE login_sessions SET id = 1")

    assert places == ["/login"]
    assert not await mallory.is_in()
    assert await susan.is_in()
    assert [row.handle_hash for row in await rows(app)] == [hers.handle_hash]


# --- the owner acts


async def test_the_old_password_confirms_nothing(app: Application) -> None:
    """After a password change the old password does not confirm a copied login, which has ended."""
    susan = await join(app, "susan")
    thief = susan.copy()
    async with under_way(thief, "/reauthenticate", {"current_password": PASSWORD}) as places:
        await change_password_of(susan)
    assert places == ["/login"]
    assert await susan.is_in()


CHANGES = [
    ("/account/password", {"password": THEIRS, "password2": THEIRS}),
    ("/account/email", {"email": "thief@example.com"}),
    ("/account/delete", {}),
]


@pytest.mark.parametrize(("path", "fields"), CHANGES)
async def test_the_change_of_the_owner_wins(app: Application, path: str, fields: dict[str, str]) -> None:
    """A thief whose change of the password began earlier, but ends later than the owner's, changes nothing."""
    susan = await join(app, "susan")
    thief = susan.copy()
    async with under_way(thief, path, {"current_password": PASSWORD, **fields}) as places:
        await change_password_of(susan)
    assert places == ["/login"]
    assert "susan@example.com" in (await susan.get("/account")).text
    await susan.logout()
    assert (await susan.login(password=OWNERS)).location == "/index"


@pytest.mark.parametrize(("path", "fields"), [*CHANGES, ("/reauthenticate", {})])
async def test_a_login_that_has_ended_changes_nothing(app: Application, path: str, fields: dict[str, str]) -> None:
    """A login that the owner has ended from elsewhere changes nothing."""
    susan, thief = await join(app, "susan"), Visitor(app)
    await thief.login()
    async with under_way(thief, path, {"current_password": PASSWORD, **fields}) as places:
        await susan.post("/account/sessions/end-others", {"csrf_token": (await susan.get("/account")).token})
    assert places == ["/login"]
    assert "susan@example.com" in (await susan.get("/account")).text
    await susan.logout()
    assert (await susan.login()).location == "/index"


async def change_password_of(susan: Visitor) -> None:
    """Change susan's password, as she does."""
    done = await susan.submit("/account/password", current_password=PASSWORD, password=OWNERS, password2=OWNERS)
    assert done.location == "/account"


# --- the address changes


async def change_the_address(app: Application, susan: Visitor, email: str) -> None:
    """Ask for another address, and use the link that is sent to it; no mail is left in the queue."""
    await susan.submit("/account/email", email=email, current_password=PASSWORD)
    link = await sent_mail(app, MailKind.CONFIRM_ADDRESS)
    assert (await Program(app).send("POST", "/email-confirmations", {"token": link.token})).status == 204
    assert [mail.kind for mail in await sent_mails(app)] == [MailKind.ADDRESS_CHANGED]


async def queued_for(app: Application) -> list[tuple[MailKind, str]]:
    """What is in the queue, and for whom."""
    return [(mail.kind, mail.address) for mail in await queued(app)]


async def test_no_link_leads_back_to_the_old_address(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link is not sent again to an address that the account had when the request began."""
    susan = await join(app, "susan")

    async def check_late(session: AsyncSession, user: User) -> LoginSession:
        await change_the_address(app, susan, "susan@example.org")
        return await check_session_in(session, user)

    monkeypatch.setattr("quart_app.accounts.addresses.check_session_in", check_late)
    page = await susan.post("/account/email/send-again", {"csrf_token": (await susan.get("/account")).token})
    assert page.location == "/account"
    assert await queued_for(app) == []


async def test_another_address_ends_the_link_back(app: Application) -> None:
    """Asking for a third address ends the change back to the one that the account had when the request began."""
    susan = await join(app, "susan")
    fields = {"email": "susan@example.net", "current_password": PASSWORD}
    async with under_way(susan, "/account/email", fields) as places:
        await change_the_address(app, susan, "susan@example.org")
        await susan.submit("/account/email", email="susan@example.com", current_password=PASSWORD)
    assert places == ["/account"]
    assert await queued_for(app) == [(MailKind.CONFIRM_ADDRESS, "susan@example.net")]


async def test_a_notice_goes_to_the_new_address(app: Application) -> None:
    """That the password was changed is told at the address of that moment, not of when the request began."""
    susan = await join(app, "susan")
    fields = {"current_password": PASSWORD, "password": OWNERS, "password2": OWNERS}
    async with under_way(susan, "/account/password", fields) as places:
        await change_the_address(app, susan, "susan@example.org")
    assert places == ["/account"]
    assert await queued_for(app) == [(MailKind.PASSWORD_CHANGED, "susan@example.org")]


# --- the database fails


async def test_a_login_over_another_is_all_or_nothing(app: Application) -> None:
    """If the old login cannot be ended, the new one is not made, and the old one goes on."""
    program = Program(app)
    await program.register()
    await program.log_in()

    def refuse(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM login_sessions WHERE login_sessions.id ="):
            raise OperationalError(statement, None, Exception("disk full"))

    engine = current_database.of(app)._engine.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    answer = await program.log_in()
    event.remove(engine, "before_cursor_execute", refuse)

    assert (answer.status, answer.cookies) == (503, {})
    assert [row.id for row in await rows(app)] == [1]
    assert await program.is_in()
    assert (await program.log_in()).status == 201
    assert len(await rows(app)) == 1


# --- an account is deleted


async def test_a_name_that_has_just_become_free(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    """If an account is deleted while its name is checked, the other user gets the name."""
    await join(app, "susan")

    async def ask_too_late(**names: str) -> frozenset[str]:
        await delete_user(1)
        return await taken_fields(**names)

    monkeypatch.setattr("quart_app.accounts.users.taken_fields", ask_too_late)
    async with app.app_context():
        user = await add_user(username="susan", email="new@example.com", password=PASSWORD)
        assert await user_by_login("susan") == user
    assert user.id != 1
