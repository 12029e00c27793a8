"""``shell``, as it is started by people and by scripts."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path

import pytest

from quart_app.cli import shell_loop
from tests.browser.server import ROOT

_COMMAND = [sys.executable, "-m", "quart", "--app", "quart_app", "shell"]
_COUNT = "await db.scalar(select(func.count(User.id)))"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A database of its own."""
    return {**os.environ, "INSTANCE_PATH": str(tmp_path), "LOG_LEVEL": "ERROR", "TERM": "dumb"}


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill it if the block fails: who waits for it would wait for ever."""
    try:
        yield
    finally:
        process.kill()


def run(environment: dict[str, str], script: str) -> subprocess.CompletedProcess[str]:
    """Give it a script."""
    return subprocess.run(  # noqa: S603 - our own command
        _COMMAND, cwd=ROOT, env=environment, input=script, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.tools
def test_script(environment: dict[str, str]) -> None:
    """It may await, has the application's context, and writes what it commits."""
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
    """Its error is its own, and so is the exit status."""
    done = run(environment, script)
    assert done.returncode == status
    assert said in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("UPGRADE_AT_START", "false", "Before starting it, run: quart --app quart_app db upgrade"),
        ("DATABASE_URL", "postgresql://susan:crEt@127.0.0.1:1/name", "The database does not answer."),
    ],
)
@pytest.mark.tools
def test_no_shell(environment: dict[str, str], variable: str, value: str, said: str) -> None:
    """Where the database cannot be worked with, nothing starts, and a sentence says why."""
    done = run({**environment, variable: value}, "print(1)")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert "crEt" not in done.stderr


@pytest.mark.tools
def test_conversation(environment: dict[str, str]) -> None:
    """A person types, sees values and errors, interrupts what takes too long, and goes on."""
    person, terminal = pty.openpty()
    with (
        subprocess.Popen(  # noqa: S603 - our own command
            _COMMAND,
            cwd=ROOT,
            env=environment,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        ) as process,
        ended(process),
    ):
        os.close(terminal)
        seen = ""

        def read_until(text: str) -> str:
            nonlocal seen
            while text not in seen:
                seen += os.read(person, 4096).decode()
            before, _, seen = seen.partition(text)
            return before

        def say(line: str) -> None:
            os.write(person, f"{line}\n".encode())

        assert "with await, in quart_app" in read_until(">>> ")
        say(f"40 + 2 + {_COUNT}")
        read_until("42")
        say("1 / 0")
        read_until("ZeroDivisionError")
        say("import asyncio; print('be' + 'gun'); await asyncio.sleep(1000)")
        read_until("begun")
        process.send_signal(2)
        read_until("CancelledError")
        say("x = 6")
        say("print(x * 7, app.name)")
        read_until("42 quart_app")
        say("exit()")
        assert process.wait(30) == 0
    os.close(person)


def test_interrupt_while_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C ends what runs, and raises nothing where its end is waited for: a lock half taken there stayed taken."""
    waits = []

    def interrupted(results: list[Future[str]], timeout: float) -> None:
        with results[0]._condition:  # as wait itself does
            waits.append(timeout)
            signal.raise_signal(signal.SIGINT)
            waits.append(timeout)
        wait(results, timeout)

    async def told() -> str:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            return "interrupted"
        return "slept"

    monkeypatch.setattr(shell_loop, "wait", interrupted)
    with shell_loop.loop_thread() as loop:
        assert loop.run(told()) == "interrupted"
        assert len(waits) % 2 == 0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
