"""``shell``, at a terminal and with a script on standard input."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pexpect
import pytest

from tests.services.tables import sqlite_file
from tests.serving.server import ROOT

_COMMAND = [sys.executable, "-m", "quart", "--app", "quart_app", "shell"]
_COUNT = "await db.scalar(select(func.count(User.id)))"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A database with tables and a history of its own, and a terminal without colours or cursor movement."""
    shutil.copy(sqlite_file(), tmp_path / "microblog.sqlite3")
    instance = {"INSTANCE_PATH": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    return {**os.environ, **instance, "LOG_LEVEL": "ERROR", "TERM": "dumb", "NO_COLOR": "1"}


def run(
    environment: dict[str, str], script: str, command: Sequence[str] = _COMMAND
) -> subprocess.CompletedProcess[str]:
    """Run ``shell`` with this script on standard input."""
    return subprocess.run(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment, input=script, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.tools
def test_script(environment: dict[str, str]) -> None:
    """A script may await, has the application's context, and writes what it commits."""
    script = f"""
user = await add_user(username="susan", email="susan@example.com", password="correct horse battery")
db.add(User(username="joe", email="joe@example.com"))
await db.commit()
async def count():
    return {_COUNT}
print(app.name, await count(), (await db.scalars(select(User.username))).all())
"""
    done = run(environment, script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "quart_app 2 ['susan', 'joe']\n", "")
    assert run(environment, f"print({_COUNT})").stdout == "2\n"


@pytest.mark.parametrize(
    ("script", "status", "said"),
    [
        ("open('/nowhere')", 1, "FileNotFoundError"),
        ("await db.execute(text('SELECT * FROM nowhere'))", 1, "no such table: nowhere"),
        ("raise SystemExit(3)", 3, ""),
        ("await", 1, "SyntaxError"),
    ],
)
@pytest.mark.tools
def test_script_that_fails(environment: dict[str, str], script: str, status: int, said: str) -> None:
    """A script's error is shown, and its exit status is that of the command."""
    done = run(environment, script)
    assert done.returncode == status
    assert said in done.stderr
    assert "During handling" not in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("UPGRADE_AT_START", "false", "Before starting it, run: quart --app quart_app db upgrade"),
        ("DATABASE_URL", "postgresql://susan:crEt@127.0.0.1:1/name", "The database does not answer."),
    ],
)
@pytest.mark.tools
def test_no_shell(environment: dict[str, str], tmp_path: Path, variable: str, value: str, said: str) -> None:
    """If the database cannot be used, the script does not run, and a sentence says why."""
    (tmp_path / "microblog.sqlite3").unlink()
    done = run({**environment, variable: value}, "print(1)")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert "crEt" not in done.stderr


@pytest.fixture
def terminal(environment: dict[str, str]) -> Iterator[Callable[..., pexpect.spawn]]:
    """Starts ``shell``, or another command, in a terminal of its own; ends it after the test."""
    with ExitStack() as started:

        def start(*command: str) -> pexpect.spawn:
            # As a terminal does: tests that run in the background have Ctrl+C ignored, and so would their children.
            reset = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
            program = pexpect.spawn(
                command[0], [*command[1:]], cwd=ROOT, env=environment, encoding="utf-8", timeout=60, preexec_fn=reset
            )
            started.callback(program.close, force=True)
            return program

        yield start


def wait_for_prompt(shell: pexpect.spawn) -> None:
    """Wait for a prompt that reads keys: before that, Ctrl+D would be lost."""
    shell.expect(r"In .*: ")
    assert shell.waitnoecho()


@pytest.mark.tools
def test_terminal(terminal: Callable[..., pexpect.spawn]) -> None:
    """At a terminal it awaits, has the context with and without ``await``, is interrupted, and ends with Ctrl+D."""
    shell = terminal(*_COMMAND)

    def enter(line: str, *shown: str) -> None:
        wait_for_prompt(shell)
        shell.send(f"{line}\r")
        for pattern in shown:
            shell.expect(pattern)

    shell.expect("with await, in quart_app")
    enter(f"40 + 2 + {_COUNT}", r"Out.*42")
    enter("1 / 0", "division by zero")
    enter("import asyncio; print('be' + 'gun'); await asyncio.sleep(1000)", "begun")
    shell.sendintr()
    shell.expect("CancelledError")
    enter("from quart import current_app; print(6 * 7, current_app.name)", "42 quart_app")
    enter("print(7 * 7, current_app.name, await asyncio.sleep(0, 'awaited'))", "49 quart_app awaited")
    wait_for_prompt(shell)
    shell.sendeof()
    shell.expect(pexpect.EOF)
    shell.wait()
    assert (shell.exitstatus, shell.signalstatus) == (0, None)
    assert "Traceback" not in shell.before


@pytest.mark.tools
def test_terminal_closes_the_database(terminal: Callable[..., pexpect.spawn], tmp_path: Path) -> None:
    """What is written without a commit is gone, and SQLite has no connection left: its log is merged and removed."""
    shell = terminal(*_COMMAND)
    wait_for_prompt(shell)
    shell.send("db.add(User(username='joe', email='joe@example.com')); await db.flush(); print('flu' + 'shed')\r")
    shell.expect("flushed")
    wait_for_prompt(shell)
    assert list(tmp_path.glob("*-wal")) != []
    shell.send("exit\r")
    shell.expect(pexpect.EOF)
    shell.wait()
    assert shell.exitstatus == 0
    assert list(tmp_path.glob("*-wal")) == []


@pytest.mark.tools
def test_terminal_without_ipython(terminal: Callable[..., pexpect.spawn], environment: dict[str, str]) -> None:
    """Without IPython a sentence says how to install it; a script runs without it."""
    without = "import sys; sys.modules['IPython'] = None; from quart.cli import main; main()"
    command = (sys.executable, "-c", without, *_COMMAND[3:])
    shell = terminal(*command)
    shell.expect(pexpect.EOF)
    shell.wait()
    assert shell.exitstatus == 1
    assert shell.before == (
        'Error: The shell needs IPython at a terminal. Install it: pip install "quart-flask-login[shell]". '
        "A script on standard input runs without it.\r\n"
    )
    assert run(environment, "print(6 * 7)", command).stdout == "42\n"
