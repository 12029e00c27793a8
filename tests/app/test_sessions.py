"""Login sessions: what ends them, and with them all copies of their cookies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NoReturn
from unittest import mock
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from compat import load_user as load_current_user
from quart_app.accounts.authentication import authenticate
from quart_app.accounts.changes import change_password
from quart_app.accounts.closing import deactivate_user
from quart_app.accounts.login import load_user, start_login
from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.clients import describe_client
from quart_app.database import current_database
from quart_app.models.login_session import LoginSession, hash_handle, new_handle
from quart_app.sessions.ending import end_sessions
from quart_app.sessions.last_seen import write_last_seen
from quart_app.settings import Settings
from tests.app.conftest import Clock
from tests.app.deletion import delete_user
from tests.app.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made

SECOND = timedelta(seconds=1)
PROTECTED = ("/index", "/account", "/account/password", "/account/email", "/account/delete", "/reauthenticate")


async def rows(app: Application) -> list[LoginSession]:
    """All rows of login sessions."""
    async with app.app_context(), current_database.of(app).session() as session:
        return list((await session.execute(select(LoginSession).order_by(LoginSession.id))).scalars())


async def another(app: Application, *, remember: bool = False, agent: str = "Quart") -> Visitor:
    """Another browser of susan."""
    visitor = Visitor(app, agent)
    await visitor.login(remember=remember)
    return visitor


async def settle(app: Application) -> None:
    """Wait for background tasks."""
    await asyncio.gather(*app.background_tasks)


# --- logging out


async def test_copied_cookies_are_refused_after_a_logout(user: Visitor) -> None:
    """After a logout copies of session and remember cookie are refused on every page."""
    copies = [user.copy("session"), user.copy("remember_token"), user.copy()]
    for thief in copies:
        assert await thief.is_in()
    thieves = [user.copy("session"), user.copy("remember_token"), user.copy(), *copies]

    await user.logout()

    for thief in thieves:
        for path in PROTECTED:
            page = await thief.get(path)
            assert (page.status, page.location.partition("?")[0]) == (302, "/login")


async def test_logging_out_here_leaves_others_alone(user: Visitor, app: Application) -> None:
    """A logout ends only this login, and deletes its row."""
    other = await another(app)
    await user.logout()
    assert await other.is_in()
    assert len(await rows(app)) == 1


async def test_a_session_that_was_there_before_ends_with_a_login(app: Application, visitor: Visitor) -> None:
    """A new login ends the login that the browser had before."""
    await visitor.register()
    await visitor.login()
    before = visitor.copy()

    async def log_in_again() -> str:
        user = await user_by_login("susan")
        assert user is not None
        assert await start_login(user, remember=False)
        return "in"

    app.view_functions["accounts.login"] = log_in_again
    await visitor.get("/login")
    assert await visitor.is_in()
    assert not await before.is_in()


# --- a changed password


async def change(visitor: Visitor, password: str = "another fine password") -> None:
    """Change susan's password in this browser."""
    done = await visitor.submit("/account/password", current_password=PASSWORD, password=password, password2=password)
    assert (done.status, done.location) == (302, "/account")


async def test_a_changed_password_ends_all_other_logins(user: Visitor, app: Application) -> None:
    """A changed password ends all other logins; this one goes on with a new handle, still remembered."""
    others = [await another(app), await another(app), await another(app)]
    remembered = (await another(app, remember=True)).copy("remember_token")
    copies = [user.copy("session"), user.copy("remember_token")]

    await change(user)

    assert await user.is_in()
    for visitor in [*others, remembered, *copies]:
        assert not await visitor.is_in()
    assert len(await rows(app)) == 1
    user.forget("session")
    assert await user.is_in()


async def test_a_changed_password_adds_no_remember_cookie(app: Application, visitor: Visitor) -> None:
    """A login that was not remembered has no remember cookie after the change."""
    await visitor.register()
    await visitor.login()
    await change(visitor)
    assert await visitor.is_in()
    visitor.forget("session")
    assert not await visitor.is_in()


async def test_a_login_that_was_under_way_when_the_password_changed(user: Visitor, app: Application) -> None:
    """A login whose old password was verified before the change, and which ends after it, is refused."""
    async with app.test_request_context("/login"):
        await load_current_user()
        late = await authenticate("susan", PASSWORD)
        assert late is not None
        await change(user)
        assert not await start_login(late, remember=True)
    assert len(await rows(app)) == 1


async def test_a_login_to_an_account_that_has_just_gone(app: Application, visitor: Visitor) -> None:
    """A login to an account that is closed or deleted during the verification is refused."""
    await visitor.register()
    for end in (deactivate_user, delete_user):
        async with app.test_request_context("/login"):
            await load_current_user()
            late = await user_by_login("susan")
            assert late is not None
            await end(late.id)
            late.active = True
            assert not await start_login(late, remember=False)
    assert await rows(app) == []


async def test_many_logins_at_once(visitor: Visitor, app: Application) -> None:
    """Concurrent logins of one user all succeed."""
    await visitor.register()
    visitors = await asyncio.gather(*(another(app) for _ in range(20)))
    assert all([await visitor.is_in() for visitor in visitors])


@pytest.mark.parametrize("path", ["/account/password", "/reauthenticate"])
async def test_only_a_login_that_is_one_is_renewed(user: Visitor, app: Application, path: str) -> None:
    """If a login ends while its password is checked, nothing changes, and the page says so: log in again.

    Its cookies are left alone: another tab may have renewed them.
    """
    user.forget("session")
    if path == "/account/password":
        await user.submit("/reauthenticate", current_password=PASSWORD)
    token = (await user.get(path)).token

    async def right_but_late(_user: object, _password: str) -> bool:
        async with app.app_context():
            await end_sessions(1)
        return True

    fields = {"current_password": PASSWORD, "password": "another fine one", "password2": "another fine one"}
    with mock.patch("quart_app.accounts.authentication.check_password", right_but_late):
        done = await user.post(path, {"csrf_token": token, **fields})
    assert (done.status, done.location) == (302, "/login")
    assert set(done.cookies) == {"session_data"}
    assert (await user.get("/login")).flashes == [
        "This login has been ended. Nothing was changed; please log in again."
    ]
    assert (await user.login()).location == "/index"


# --- ended on the account page, or with the account


async def test_one_other_login_is_ended(user: Visitor, app: Application) -> None:
    """The button beside a login ends that login."""
    first, second = await another(app, remember=True), await another(app)
    target = (await rows(app))[1].public_id
    done = await user.post(f"/account/sessions/{target}/end", {"csrf_token": (await user.get("/account")).token})
    assert done.location == "/account"
    assert (await user.get("/account")).flashes == ["That login has been ended."]
    assert [await who.is_in() for who in (user, first, second)] == [True, False, True]
    first.forget("session")
    assert not await first.is_in()


async def test_all_other_logins_are_ended(user: Visitor, app: Application) -> None:
    """The button ends all other logins of the user, and none of other users."""
    others = [await another(app) for _ in range(5)]
    remembered = [(await another(app, remember=True)).copy("remember_token") for _ in range(2)]
    bob = Visitor(app)
    await bob.register("bob", email="bob@example.com")
    await bob.login("bob")

    await user.post("/account/sessions/end-others", {"csrf_token": (await user.get("/account")).token})

    assert (await user.get("/account")).flashes == ["All other logins have been ended."]
    assert not any([await visitor.is_in() for visitor in (*others, *remembered)])
    assert await bob.is_in()
    await user.post("/account/sessions/end-others", {"csrf_token": (await user.get("/account")).token})
    assert (await user.get("/account")).flashes == ["There was no other login."]


async def test_the_buttons_work_without_a_referrer(user: Visitor, app: Application) -> None:
    """The buttons work over https, even if the browser sends no ``Referer``."""
    other = await another(app)
    token = (await user.get("/account")).token
    done = await user.client.post("/account/sessions/end-others", form={"csrf_token": token}, scheme="https")
    assert done.status_code == 302
    assert not await other.is_in()


async def test_ending_this_login_is_logging_out(user: Visitor, app: Application) -> None:
    """Ending the current login by its button logs out and deletes the cookies."""
    (row,) = await rows(app)
    done = await user.post(f"/account/sessions/{row.public_id}/end", {"csrf_token": (await user.get("/account")).token})
    assert done.location == "/index"
    assert done.cookies["remember_token"].value == ""
    assert not await user.is_in()


async def test_a_login_of_another_user_cannot_be_ended(user: Visitor, app: Application) -> None:
    """To bob susan's login does not exist; visitors are redirected to log in."""
    (row,) = await rows(app)
    bob = Visitor(app)
    await bob.register("bob", email="bob@example.com")
    await bob.login("bob")
    token = (await bob.get("/account")).token
    for target in (row.public_id, row.id, uuid4()):
        assert (await bob.post(f"/account/sessions/{target}/end", {"csrf_token": token})).status == 404
    await bob.post("/account/sessions/end-others", {"csrf_token": token})
    stranger = Visitor(app)
    token = (await stranger.get("/login")).token
    for path in (f"/account/sessions/{row.public_id}/end", "/account/sessions/end-others"):
        refused = await stranger.post(path, {"csrf_token": token})
        assert refused.location.startswith("/login?")
        assert (await bob.get(path)).status == 405
    assert await user.is_in()


@pytest.mark.parametrize("end", [deactivate_user, delete_user])
async def test_logins_end_with_the_account(
    user: Visitor, app: Application, end: Callable[[int], Awaitable[None]]
) -> None:
    """Closing or deleting an account ends its logins, which stay ended when it is reopened."""
    remembered = user.copy("remember_token")
    async with app.app_context():
        await end(1)
        assert await rows(app) == []
        async with current_database.of(app).session() as session:
            await session.execute(text("UPDATE users SET active = true"))
            await session.commit()
    assert not await user.is_in()
    assert not await remembered.is_in()


async def test_handles_of_closed_accounts_are_invalid(user: Visitor, app: Application) -> None:
    """An account that is closed in the database itself has no user, although its rows are still there."""
    async with user.client.session_transaction() as session:
        handle = session["_user_id"]
    async with app.app_context():
        assert await load_user(handle) is not None
        async with current_database.of(app).session() as database:
            await database.execute(text("UPDATE users SET active = false"))
            await database.commit()
        assert await load_user(handle) is None


async def test_a_new_user_with_an_old_number(user: Visitor, app: Application) -> None:
    """If an id is given to a new user, old cookies do not log in as that user."""
    await Visitor(app).register("mallory", email="mallory@example.com")
    async with app.app_context(), current_database.of(app).session() as session:
        await delete_user(1)
        await session.execute(text("DELETE FROM outgoing_mails"))  # which refers to her
        await session.execute(text("UPDATE users SET id = 1"))
        await session.commit()
    assert not await user.is_in()
    assert not await user.copy("remember_token").is_in()


# --- limits


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Limits that differ from each other."""
    return settings.model_copy(
        update={
            "session_idle": timedelta(hours=1),
            "session_absolute": timedelta(hours=3),
            "remember_cookie_duration": timedelta(days=2),
        }
    )


@pytest.mark.parametrize(("late", "is_in"), [(-SECOND, True), (SECOND, False)])
async def test_unused_logins_end(
    visitor: Visitor, app: Application, clock: Clock, late: timedelta, is_in: bool
) -> None:
    """A login that was unused for SESSION_IDLE has expired."""
    await visitor.register()
    await visitor.login()
    clock.shift(timedelta(hours=1) + late)
    assert await visitor.is_in() is is_in
    await settle(app)


@pytest.mark.parametrize(("late", "is_in"), [(-SECOND, True), (SECOND, False)])
async def test_used_logins_end(visitor: Visitor, app: Application, clock: Clock, late: timedelta, is_in: bool) -> None:
    """A login expires SESSION_ABSOLUTE after the password was entered, even if it is used."""
    await visitor.register()
    await visitor.login()
    for _ in range(3):
        clock.shift(timedelta(hours=1) - SECOND)
        assert await visitor.is_in()
        await settle(app)
    clock.shift(3 * SECOND + late)
    assert await visitor.is_in() is is_in
    await settle(app)


@pytest.mark.parametrize("cookie", ["session", "remember_token"])
@pytest.mark.parametrize(("late", "is_in"), [(-SECOND, True), (SECOND, False)])
async def test_being_remembered_ends(
    user: Visitor, app: Application, clock: Clock, cookie: str, late: timedelta, is_in: bool
) -> None:
    """A remembered login expires with its cookie, and so does its session cookie."""
    copied = user.copy(cookie)
    clock.shift(timedelta(days=2) + late)
    assert await copied.is_in() is is_in
    await settle(app)


async def test_entering_the_password_again_starts_the_time_anew(
    visitor: Visitor, app: Application, clock: Clock
) -> None:
    """After a confirmed password the absolute limit begins again."""
    await visitor.register()
    await visitor.login()
    clock.shift(timedelta(minutes=50))
    await visitor.submit("/account/password", current_password=PASSWORD, password=PASSWORD, password2=PASSWORD)
    for _ in range(3):
        clock.shift(timedelta(minutes=59))
        assert await visitor.is_in()
        await settle(app)


async def test_old_logins_are_cleared_away(visitor: Visitor, app: Application, clock: Clock) -> None:
    """Expired logins are not listed, and are removed at the user's next login; visitors leave no rows."""
    await visitor.register()
    await another(app)
    clock.shift(timedelta(minutes=50))
    remembered = await another(app, remember=True)
    clock.shift(timedelta(minutes=11))
    assert (await remembered.get("/account")).text.count('class="login"') == 1
    await settle(app)
    assert len(await rows(app)) == 2
    await another(app)
    assert len(await rows(app)) == 2
    for path in ("/", "/login", "/register"):
        await Visitor(app).get(path)
    assert len(await rows(app)) == 2


# --- last seen


async def test_last_seen_is_written_once_a_minute(
    user: Visitor, app: Application, clock: Clock, queries: list[str]
) -> None:
    """Last-seen updates are written once a minute, in the background."""
    (before,) = await rows(app)
    clock.shift(timedelta(seconds=59))
    queries.clear()
    assert await user.is_in()
    assert len(queries) == 1
    clock.shift(SECOND)
    assert await user.is_in()
    await settle(app)
    assert len(queries) == 3
    (after,) = await rows(app)
    assert after.last_seen_at - before.last_seen_at == timedelta(minutes=1)


async def test_last_seen_never_goes_back(user: Visitor, app: Application) -> None:
    """A late update does not overwrite a newer one."""
    (row,) = await rows(app)
    seen = row.last_seen_at + timedelta(minutes=5)
    async with app.app_context():
        for moment in (seen, seen + timedelta(seconds=59), seen - timedelta(minutes=3)):
            await write_last_seen([row.id], moment)
    (row,) = await rows(app)
    assert row.last_seen_at == seen


async def test_last_seen_is_written_together(user: Visitor, app: Application, clock: Clock, queries: list[str]) -> None:
    """Updates at the same moment share one statement and one transaction."""
    users = [user, *[await another(app) for _ in range(4)]]
    clock.shift(timedelta(minutes=5))
    queries.clear()
    assert all(await asyncio.gather(*(each.is_in() for each in [*users, *users])))
    await settle(app)
    assert len([query for query in queries if query.startswith("UPDATE")]) == 1
    assert len({row.last_seen_at for row in await rows(app)}) == 1


async def test_last_seen_meanwhile(user: Visitor, app: Application, clock: Clock) -> None:
    """An update during a write is in the next write."""
    other = await another(app)
    clock.shift(timedelta(minutes=5))
    assert await user.is_in()
    assert await other.is_in()
    await settle(app)
    assert len({row.last_seen_at for row in await rows(app)}) == 1


async def test_last_seen_may_fail(
    user: Visitor, app: Application, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """If the update fails, requests are answered, and one line without a traceback is logged."""
    clock.shift(timedelta(hours=1))

    def refuse(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE"):
            raise OperationalError(statement, None, Exception("attempt to write a readonly database"))

    engine = current_database.of(app)._engine.sync_engine
    event.listen(engine, "before_cursor_execute", refuse)
    assert await user.is_in()
    await settle(app)
    event.remove(engine, "before_cursor_execute", refuse)
    (record,) = (record for record in caplog.records if record.levelname == "WARNING")
    assert "readonly database" in record.getMessage()
    assert record.exc_info is None


# --- handles


def test_handles() -> None:
    """Handles differ, have 256 random bits, and are not in the database."""
    handles = {new_handle() for _ in range(10_000)}
    assert len(handles) == 10_000
    assert {len(handle) for handle in handles} == {43}
    hashes = {hash_handle(handle) for handle in handles}
    assert len(hashes) == 10_000
    assert None not in hashes
    assert not hashes & handles


INVALID_HANDLES = ["", "1", "abc", "1" * 5000, "\0" * 43, "\N{SNOWMAN}" * 43, "x" * 42, "x" * 43 + "\n"]


async def test_invalid_handles_are_anonymous(
    visitor: Visitor, app: Application, queries: list[str], subtests: pytest.Subtests
) -> None:
    """An invalid handle, such as a user id, is anonymous, without an error or a query."""
    await visitor.register()
    for odd in INVALID_HANDLES:
        with subtests.test(handle=odd):
            thief = Visitor(app)
            async with thief.client.session_transaction() as session:
                session["_user_id"] = odd
                session["_fresh"] = True
            queries.clear()
            assert not await thief.is_in()
            assert queries == []


async def test_cookies_and_rows_hold_no_secret_of_each_other(user: Visitor, app: Application) -> None:
    """The cookie has the handle only, and the row only its hash, which does not log in."""
    async with user.client.session_transaction() as session:
        handle = session["_user_id"]
    (row,) = await rows(app)
    assert row.handle is None
    assert row.handle_hash == hash_handle(handle)
    async with current_database.of(app).session() as session:
        stored = (await session.execute(text("SELECT * FROM login_sessions"))).one()
    assert handle not in map(str, stored)

    thief = Visitor(app)
    async with thief.client.session_transaction() as forged:
        forged["_user_id"] = row.handle_hash
    assert not await thief.is_in()


async def test_two_logins_have_two_handles(user: Visitor, app: Application) -> None:
    """Two logins have different handles."""
    await another(app)
    one, other = await rows(app)
    assert one.handle_hash != other.handle_hash
    assert repr(one) == "<LoginSession 1 of user 1>"


async def test_a_user_without_a_login_has_no_handle(user: Visitor, app: Application) -> None:
    """``get_id`` of a user without a login session is an error, so no cookie can be made."""
    async with app.app_context():
        susan = await user_by_login("susan")
    with pytest.raises(RuntimeError, match="start_login"):
        str(susan and susan.get_id())


# --- the move from user ids in cookies


# --- faults


@pytest.mark.parametrize("lost", [None, "session"])
async def test_a_fault_ends_no_login(
    user: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch, lost: str | None
) -> None:
    """While the database is down the account page is 503, and afterwards all logins are valid."""
    other = await another(app)
    if lost:
        user.forget(lost)
    with monkeypatch.context() as patch:
        patch.setattr(
            "quart_app.database.connection_limiter.ConnectionLimiter.__aenter__",
            mock.Mock(side_effect=OSError("connection refused")),
        )
        for visitor in (user, other):
            page = await visitor.get("/account")
            assert (page.status, page.cookies, page.headers["Retry-After"]) == (503, {}, "1")
    assert await user.is_in()
    assert await other.is_in()


async def test_a_change_of_password_is_all_or_nothing(
    user: Visitor, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the change cannot be written, password and logins are unchanged."""
    other = await another(app)
    token = (await user.get("/account/password")).token

    async def fail(*_: object) -> NoReturn:
        raise OSError("disk full")

    fields = {"current_password": PASSWORD, "password": "another fine one", "password2": "another fine one"}
    with monkeypatch.context() as patch:
        patch.setattr("quart_app.accounts.changes.renew_session_in", fail)
        page = await user.post("/account/password", {"csrf_token": token, **fields})
    assert (page.status, page.cookies) == (503, {})
    assert await user.is_in()
    assert await other.is_in()
    assert (await Visitor(app).login()).location == "/index"


async def test_passwords_of_users_who_are_not_logged_in(user: Visitor, app: Application) -> None:
    """A password that an operator changes ends all logins of the user."""
    async with app.app_context():
        susan = await user_by_login("susan")
        assert susan is not None
        await change_password(susan, "another fine one")
        async with current_database.of(app).session() as session:
            assert await session.scalar(select(func.count()).select_from(LoginSession)) == 0
    assert not await user.is_in()
    assert (await user.login(password="another fine one")).location == "/index"


# --- what a browser is called


_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {_WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {_WEBKIT} Safari/604.1", "Safari on iPhone"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/140.0.0.0 Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("Something (Windows)", "Something on Windows"),
        ("python-httpx/0.28.1", "python-httpx 0.28.1"),
        ("OpenAPI-Generator/1.0.0/python", "OpenAPI-Generator 1.0.0"),
        ("axios/1.7.2 more/2", "axios 1.7.2"),
        ("Quart", "Quart"),
        ("Mozilla/5.0", "Unknown program"),
        ("Mozilla/5.0 (Windows)", "Unknown program on Windows"),
        ("x" * 33, "Unknown program"),
        ("a/" + "1" * 17, "Unknown program"),
        ("a\x00b/1", "Unknown program"),
        ("caf\xe9/1", "Unknown program"),
        ("<script>alert(1)</script>", "Unknown program"),
        ("", "Unknown program"),
        (None, "Unknown program"),
    ],
)
def test_clients_are_described(agent: str | None, words: str) -> None:
    """The browser is shown in words of this application, never as the client sent it."""
    assert describe_client(agent) == words
