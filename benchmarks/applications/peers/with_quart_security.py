"""Quart with quart-security: its views, its SQLAlchemy datastore, and its table of logins."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from quart import Quart, render_template, session
from quart_security import RoleMixin, Security, SQLAlchemyUserDatastore, UserMixin, auth_required, hash_password
from quart_security.state import SecurityState
from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from .accounts import POSTS, SECRET, accounts, database_file


class Base(DeclarativeBase):
    """What the tables inherit."""


roles_users = Table(
    "roles_users",
    Base.metadata,
    Column("user_id", ForeignKey("user.id"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(RoleMixin, Base):
    """A role; nobody has one here."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class User(UserMixin, Base):
    """A user, with the fields that quart-security requires for passwords, tracking and lockout."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(120), unique=True)
    password: Mapped[str] = mapped_column(String(256))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    roles: Mapped[list[Role]] = relationship(secondary=roles_users)
    last_login_at: Mapped[datetime | None]
    current_login_at: Mapped[datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int] = mapped_column(default=0)
    failed_login_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


def application() -> Quart:
    """The application, as Hypercorn starts it."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{database_file()}")
    datastore = SQLAlchemyUserDatastore(async_sessionmaker(engine, expire_on_commit=False), User, Role)
    app = Quart("with_quart_security", root_path=str(Path(__file__).parent))
    app.config.update(
        SECRET_KEY=SECRET,
        SECURITY_COOKIE_SECURE=False,
        SECURITY_TWO_FACTOR=False,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES=False,
        SECURITY_WEBAUTHN=False,
        SECURITY_PASSWORD_BREACH_CHECK=False,
        SECURITY_ARGON2_TIME_COST=1,
        SECURITY_ARGON2_MEMORY_COST=8,
    )
    Security(app, datastore)

    @app.get("/")
    @app.get("/index")
    @auth_required("session")
    async def index() -> str:
        # The token that quart-security checks at logout.
        token = session.setdefault("_csrf_token", secrets.token_urlsafe(32))
        return await render_template("index.html", posts=POSTS, csrf_token=token)

    elsewhere = {"live": "/live", "account": "/account", "documentation": "/api/v1/docs", "logout": "/logout"}
    for endpoint, address in elsewhere.items():
        app.add_url_rule(address, endpoint, _elsewhere)
    return app


async def _elsewhere() -> tuple[str, int]:
    """A page that only quart_app has, or, for GET, a view of quart-security's: links need the address."""
    return "", 404


def fill(count: int, password: str) -> None:
    """Make the tables, and so many users."""
    asyncio.run(_fill(count, hash_password(password, app=application())))


async def _fill(count: int, hashed: str) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{database_file()}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(SecurityState.metadata.create_all)
    async with async_sessionmaker(engine)() as session:
        session.add_all(
            User(username=name, email=email, password=hashed, fs_uniquifier=uuid4().hex)
            for name, email in accounts(count)
        )
        await session.commit()
    await engine.dispose()
