"""SQLite on a full disk."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.settings import Settings
from tests.app.visitor import Page, Visitor

MANY = 500  # registrations, after which no room is left for sure


@pytest.fixture
def disk(tmp_path: Path, sqlite_template: Path) -> Iterator[Path]:
    """A small file system with a database on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603 - our own command
        pytest.skip("only root can mount a disk")
    shutil.copy(sqlite_template, folder / "microblog.sqlite3")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 - our own command


@pytest.fixture
def settings(disk: Path) -> Settings:
    """An application with all its files there."""
    url = SecretStr(f"sqlite:///{disk / 'microblog.sqlite3'}")
    return Settings(
        instance_path=disk, database_url=url, password_method="pbkdf2:sha256:1", address_limits=False, send_mails=False
    )


async def register(app: Application, name: str) -> Page:
    """Register a new user."""
    return await Visitor(app).register(name, email=f"{name}@example.com")


async def test_full_disk(app: Application, disk: Path) -> None:
    """Reading works, writing is 503, and once there is space again everything works and nothing is lost."""
    susan = Visitor(app)
    await susan.register()
    await susan.login(remember=True)
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1024))
    assert os.statvfs(disk).f_bavail == 0

    registered = ["susan"]
    while (page := await register(app, f"user{len(registered)}")).status == 302:
        registered.append(f"user{len(registered)}")  # some still fit into the journal, as far as it had grown
        assert len(registered) < MANY
    assert (page.status, page.cookies) == (503, {})
    for user in (susan, susan.copy("session"), susan.copy("remember_token")):
        assert await user.is_in()
    assert (await Visitor(app).get("/login")).status == 200
    assert (await Visitor(app).login()).status == 503

    filler.unlink()
    assert (await register(app, "bob")).status == 302
    for name in (*registered, "bob"):
        assert (await Visitor(app).login(name)).location == "/index"
    await current_database.of(app).close()
    with closing(sqlite3.connect(disk / "microblog.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
