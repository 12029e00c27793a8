"""FastAPI with fastapi-users: cookie transport, database strategy, SQLAlchemy, as in its "full example"."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from fastapi.templating import Jinja2Templates
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import AuthenticationBackend, CookieTransport
from fastapi_users.authentication.strategy.db import DatabaseStrategy
from fastapi_users.password import PasswordHelper
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users_db_sqlalchemy.access_token import (
    SQLAlchemyAccessTokenDatabase,
    SQLAlchemyBaseAccessTokenTableUUID,
)
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import String
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from .accounts import POSTS, SECRET, accounts, database_file

_HOUR = 3600


class Base(DeclarativeBase):
    """What both tables inherit."""


class User(SQLAlchemyBaseUserTableUUID, Base):
    """fastapi-users' user, with a name."""

    username: Mapped[str] = mapped_column(String(64), unique=True)


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    """A login."""


engine = create_async_engine(f"sqlite+aiosqlite:///{database_file()}")
make_session = async_sessionmaker(engine, expire_on_commit=False)
hasher = PasswordHelper(PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    """Finds users and checks their passwords."""

    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


async def get_session() -> AsyncIterator[AsyncSession]:
    """The database session of a request."""
    async with make_session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


async def get_users(session: Session) -> AsyncIterator[SQLAlchemyUserDatabase[User, uuid.UUID]]:
    """The users of the database."""
    yield SQLAlchemyUserDatabase(session, User)


async def get_tokens(session: Session) -> AsyncIterator[SQLAlchemyAccessTokenDatabase[AccessToken]]:
    """The logins of the database."""
    yield SQLAlchemyAccessTokenDatabase(session, AccessToken)


async def get_user_manager(
    users: Annotated[SQLAlchemyUserDatabase[User, uuid.UUID], Depends(get_users)],
) -> AsyncIterator[UserManager]:
    """The manager of a request."""
    yield UserManager(users, hasher)


def get_strategy(
    tokens: Annotated[SQLAlchemyAccessTokenDatabase[AccessToken], Depends(get_tokens)],
) -> DatabaseStrategy[User, uuid.UUID, AccessToken]:
    """Logins are rows."""
    return DatabaseStrategy(tokens, lifetime_seconds=24 * _HOUR)


backend = AuthenticationBackend(
    name="cookie",
    transport=CookieTransport(cookie_max_age=24 * _HOUR, cookie_secure=False),
    get_strategy=get_strategy,
)
fastapi_users = FastAPIUsers[User, uuid.UUID](get_user_manager, [backend])
CurrentUser = Annotated[User, Depends(fastapi_users.current_user(active=True))]
templates = Jinja2Templates(Path(__file__).parent / "templates")


def application() -> FastAPI:
    """The application, as uvicorn starts it."""
    app = FastAPI()
    app.include_router(fastapi_users.get_auth_router(backend))

    @app.get("/", name="home")
    @app.get("/index")
    async def index(request: Request, user: CurrentUser) -> Response:
        return templates.TemplateResponse(request, "index.html", {"current_user": user, "posts": POSTS})

    @app.get("/login")
    async def login(request: Request) -> Response:
        return templates.TemplateResponse(request, "login.html")

    for name, address in {"live": "/live", "account": "/account", "documentation": "/api/v1/docs"}.items():
        app.add_api_route(address, _elsewhere, name=name)
    app.add_api_route("/logout", _elsewhere, name="logout")
    app.add_api_route("/static/{filename:path}", _elsewhere, name="static")
    return app


async def _elsewhere() -> Response:
    """A page that only quart_app has: links need its address."""
    return Response(status_code=404)


def fill(count: int, password: str) -> None:
    """Make the tables, and so many users."""
    asyncio.run(_fill(count, hasher.hash(password)))


async def _fill(count: int, hashed: str) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with make_session() as session:
        session.add_all(User(username=name, email=email, hashed_password=hashed) for name, email in accounts(count))
        await session.commit()
    await engine.dispose()
