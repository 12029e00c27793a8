"""Other users of the machine, who look for files of the site that they can read."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

import pytest

from tests.checks.tally import Tally
from tests.services.tables import sqlite_file
from tests.serving.server import CHEAP_HASH, ROOT, Browser, serve

UMASKS = [0o000, 0o022]
COMMANDS = [
    ("db", "upgrade"),
    ("user", "create", "susan", "susan@example.com", "--password-stdin"),
    ("seed", "--users", "1"),
]


def modes(folder: Path) -> dict[str, int]:
    """The mode of a folder and of each file in it, by name."""
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in (folder, *folder.iterdir())}


def is_private(path: Path) -> bool:
    """Whether a file or folder is its owner's alone."""
    return stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def until_mailed(instance: Path, mails: int) -> None:
    """Wait until a server has written so many mails."""
    deadline = time.monotonic() + 30
    while len(list(instance.glob("mail/*.eml"))) < mails:
        assert time.monotonic() < deadline, "no mail was written"
        time.sleep(0.05)


def run(*arguments: str, umask: int, environment: Mapping[str, str]) -> str:
    """Run a command of the application; gives what it says on stderr."""
    result = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", "quart", "--app", "quart_app", *arguments],
        cwd=ROOT,
        env={**os.environ, "PASSWORD_METHOD": CHEAP_HASH, **environment},
        input="correct horse battery\n",
        capture_output=True,
        text=True,
        umask=umask,
        check=True,
    )
    return result.stderr


@pytest.mark.check(37)
@pytest.mark.parametrize("umask", UMASKS, ids=oct)
def test_files_of_a_server(tmp_path: Path, tally: Tally, umask: int) -> None:
    """Database, journals, key and folders that a server creates are its own, whatever the umask."""
    instance, metrics, site = tmp_path / "instance", tmp_path / "metrics", tmp_path / "shared" / "site.sqlite3"
    site.parent.mkdir()
    for mails, url in enumerate(("", f"sqlite:///{site}"), start=1):
        environment = {"INSTANCE_PATH": str(instance), "METRICS_FOLDER": str(metrics)}
        if url:
            environment["DATABASE_URL"] = url
        with serve(tmp_path, environment=environment, umask=umask) as server:
            assert Browser(server.port).register("susan") == 302
            until_mailed(instance, mails)
            found = [instance, *instance.rglob("*"), *site.parent.iterdir()]
            for each in found:
                tally.count(is_private(each), f"{each.name}: {each.stat().st_mode:o}")
            tally.count(modes(metrics)["metrics"] == 0o700, "folder of the metrics")
            log = server.log.read_text()
        expected = (
            {"site.sqlite3", "site.sqlite3-wal", "site.sqlite3-shm"}
            if url
            else {*("secret_key", "microblog.sqlite3", "microblog.sqlite3-wal", "microblog.sqlite3-shm")}
        )
        assert expected <= {each.name for each in found}
        tally.count("chmod" not in log, log)


@pytest.mark.check(37)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_files_of_a_command(tmp_path: Path, tally: Tally, command: tuple[str, ...]) -> None:
    """So are those of a command that finds none."""
    instance = tmp_path / "instance"
    run(*command, umask=0, environment={"INSTANCE_PATH": str(instance)})
    assert {"microblog.sqlite3", "secret_key"} <= modes(instance).keys()
    for each in (instance, *instance.rglob("*")):
        tally.count(is_private(each), f"{each.name}: {each.stat().st_mode:o}")


@pytest.mark.check(37)
def test_folders_above(tmp_path: Path, tally: Tally) -> None:
    """Folders above that are created are the server's own; of existing ones that others can change, it warns."""
    above = tmp_path / "srv" / "microblog"
    environment = {"INSTANCE_PATH": str(above / "instance"), "METRICS_FOLDER": str(above / "var" / "metrics")}
    with serve(tmp_path, environment=environment, umask=0) as server:
        for folder in (above, above.parent, above / "var"):
            mode = stat.S_IMODE(folder.stat().st_mode)
            tally.count(mode == 0o755, f"{folder.name}: {mode:o}")
        tally.count("chmod" not in server.log.read_text(), "said without a reason")

    above.parent.chmod(0o777)
    said = run("db", "check", umask=0, environment=environment)
    tally.count(f"chmod go-w {above.parent}\n" in said, said)
    above.parent.chmod(0o1777)
    tally.count("chmod" not in run("db", "check", umask=0, environment=environment), "with the sticky bit")


@pytest.mark.check(37)
def test_existing_files(tmp_path: Path, tally: Tally) -> None:
    """A server says in one sentence which files others have access to, and changes no mode; its command does."""
    instance = tmp_path / "in stance"
    environment = {"INSTANCE_PATH": str(instance)}
    instance.mkdir()
    shutil.copy(sqlite_file(), instance / "microblog.sqlite3")
    (instance / "secret_key").write_text(token_hex())
    for name, wider in (("microblog.sqlite3", 0o644), ("secret_key", 0o640), (".", 0o777)):
        (instance / name).chmod(wider)
    before = modes(instance)
    with serve(tmp_path, environment=environment) as server:
        said = [line for line in server.log.read_text().splitlines() if "chmod" in line]
    assert len(said) == 1, said
    tally.count(modes(instance) == before, f"{before} became {modes(instance)}")

    _, _, command = said[0].partition("To end that: ")
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - as the operator does who copies it
    tally.count(modes(instance) == {"in stance": 0o755, "microblog.sqlite3": 0o600, "secret_key": 0o600}, command)
    journal = instance / "microblog.sqlite3-wal"
    journal.touch(0o644)
    _, _, command = run("db", "check", umask=0, environment=environment).partition("To end that: ")
    only_the_journal = shlex.join(("chmod", "go=", str(journal)))
    tally.count(command.strip() == only_the_journal, f"an old journal, and nothing that is private by now: {command}")


@pytest.mark.check(37)
def test_the_key_beside_postgresql(tmp_path: Path, postgresql_url: str, tally: Tally) -> None:
    """With PostgreSQL the key is the only file."""
    instance = tmp_path / "instance"
    environment = {"INSTANCE_PATH": str(instance), "DATABASE_URL": postgresql_url}
    run("db", "upgrade", umask=0, environment=environment)
    tally.count(modes(instance) == {"instance": 0o700, "secret_key": 0o600}, modes(instance))
