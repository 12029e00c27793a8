"""The handles by which cookies name login sessions."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from quart_app.accounts.users import user_by_login
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.models.login_session import hash_handle, new_handle
from tests.app.login_rows import another, rows
from tests.app.visitor import Visitor

pytestmark = pytest.mark.usefixtures("clock")  # before any login is made


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
