#!/usr/bin/env bash
# SQLAlchemy 2.1 takes a Werkzeug LocalProxy for the object of a relationship, and keeps the proxy.
#
# Versions:   SQLAlchemy 2.1.9, Werkzeug 3.1.9
# Behaviour:  Post(author=current_user), where current_user is a LocalProxy as in Flask-Login and Quart-Auth, is accepted
#             and the row has the right key. But the attribute is the proxy itself: once the proxy stands for another
#             user, or for none, so does the attribute of the same object, without a query. Other mappers refuse a proxy.
# Seen:       stored: 1
#             in the context of ann: LocalProxy ann
#             in the context of bob: LocalProxy bob
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 werkzeug==3.1.9

cat >"$folder/program.py" <<'PROGRAM'
from contextvars import ContextVar

from sqlalchemy import ForeignKey, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from werkzeug.local import LocalProxy

variable = ContextVar("user")
current_user = LocalProxy(variable)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship()


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine, expire_on_commit=False) as session:
    ann, bob = User(name="ann"), User(name="bob")
    session.add_all([ann, bob])
    session.commit()
    variable.set(ann)
    post = Post(author=current_user)
    session.add(post)
    session.commit()
    print("stored:", session.execute(text("SELECT author_id FROM posts")).scalar_one())
    for user in (ann, bob):
        variable.set(user)
        print(f"in the context of {user.name}:", type(post.author).__name__, post.author.name)
PROGRAM

seen=$("$folder/venv/bin/python" "$folder/program.py")
expected=$'stored: 1\nin the context of ann: LocalProxy ann\nin the context of bob: LocalProxy bob'
if [[ $seen != "$expected" ]]; then
    printf 'This has changed. Seen now:\n%s\n' "$seen"
    exit 1
fi
echo "As described."
