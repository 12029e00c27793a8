"""``current_user`` as the value of a SQLAlchemy relationship, as in ``Post(author=current_user)``."""

from __future__ import annotations

from quart import Quart
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from compat import LoginManager, UserMixin, current_user, login_user


class Base(DeclarativeBase):
    pass


class User(UserMixin, Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list[Post]] = relationship(back_populates="author")


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship(back_populates="posts")


async def test_a_row_belongs_to_current_user() -> None:
    """A row that is made with ``author=current_user`` belongs to the user, beside the user's other rows."""
    app = Quart(__name__)
    app.secret_key = "only for tests"
    LoginManager(app)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)

    async with app.test_request_context("/"):
        with Session(engine) as session:
            susan = User(posts=[Post()])
            session.add(susan)
            session.commit()
            login_user(susan)
            assert len(current_user.posts) == 1

            session.add(Post(author=current_user))
            session.commit()

            assert session.scalars(select(Post.user_id)).all() == [susan.id, susan.id]
    engine.dispose()
