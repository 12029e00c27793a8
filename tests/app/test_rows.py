"""Objects that are made from rows are those that a session gives."""

from __future__ import annotations

import pytest
from sqlalchemy import ForeignKey, MetaData, inspect, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from quart_app.accounts.users import add_user
from quart_app.application import Application
from quart_app.database import current_database
from quart_app.database.base import Base
from quart_app.database.rows import Rows
from quart_app.models.user import User
from tests.app.visitor import PASSWORD


async def test_the_same_as_by_a_session(app: Application) -> None:
    """An object of a row has the values, the key and the state of one that a session has loaded and given up."""
    async with app.app_context():
        await add_user(username="susan", email="susan@example.com", password=PASSWORD)
        users = Rows(User)
        async with current_database().session() as session:
            row = (await session.execute(select(*users.columns))).one()
            theirs = (await session.scalars(select(User))).one()
        ours = users.load(row)
    told = [inspect(user) for user in (ours, theirs)]
    names = User.__mapper__.columns.keys()
    assert [getattr(ours, name) for name in names] == [getattr(theirs, name) for name in names]
    assert told[0].key == told[1].key
    assert [(state.detached, state.modified, state.unloaded) for state in told] == [(True, False, set())] * 2


async def test_a_session_updates_it(app: Application, queries: list[str]) -> None:
    """In a session such an object is one that exists: what was changed is updated, and nothing else."""
    async with app.app_context():
        await add_user(username="susan", email="susan@example.com", password=PASSWORD)
        users = Rows(User)
        [row] = await current_database().execute(select(*users.columns))
        user = users.load(row)
        queries.clear()
        async with current_database().session() as session:
            session.add(user)
            user.session_generation = 7
            await session.commit()
        [update] = queries
        assert update.startswith("UPDATE users SET session_generation=")
        [row] = await current_database().execute(select(User.session_generation))
    assert row == (7,)


def test_attributes_that_are_no_columns() -> None:
    """A model with a relationship is refused: a row has no value for it."""
    with pytest.raises(ValueError, match="Parent has attributes that are not columns"):
        Rows(_parent())


def _parent() -> type[Base]:
    class Apart(Base):
        __abstract__ = True
        metadata = MetaData()  # not among the tables of the application

    class Parent(Apart):
        __tablename__ = "parents"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id"))
        children = relationship("Parent")

    return Parent
