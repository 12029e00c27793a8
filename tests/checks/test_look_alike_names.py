"""Users who want to pass for another one by a name that looks the same."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from quart.cli import ScriptInfo, cli
from sqlalchemy import update

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.models.user import User, username_key
from quart_app.settings import Settings
from tests.app.program import Program, browser_of
from tests.app.tab import open_tab
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.tally import Tally

NOT_SEEN = "Use visible characters only: letters, digits, punctuation and single spaces."
MIXED = "Use letters and digits of one common alphabet only: those of others may look the same."
HIDDEN = [
    *("susan\ufe0f", "susan\u034f", "susan\u3164", "susan\uffa0", "susan\u2800", "susan\U000e0100", "su\u115fsan"),
    *("\ufe0fsusan", "su\u00adsan", "su\u200bsan", "susan\U0001d159", "susan\ufffc", "susan\U000e0fff"),
    *("\u3164", "\u115f", "\u2800", "\ufe0f\ufe0f", "\u0301", "\u200d"),
    *("susan  b", "sus\u0307i\u0307", "susan\u0301\u0301"),
]
OF_OTHER_SCRIPTS = ["su\u0455an", "susa\u0578", "\u03c5san", "susan\u0345", "susan\u0662", "\u13da\u13cc"]
REFUSED = {**dict.fromkeys(HIDDEN, NOT_SEEN), **dict.fromkeys(OF_OTHER_SCRIPTS, MIXED)}


@dataclass
class Command:
    """The commands of an operator, for the database of an application that runs."""

    app: Application

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Run one; gives its exit code and what it says. The password is read from standard input."""

        def work() -> tuple[int, str]:
            info = ScriptInfo(create_app=lambda: create_app(self.app.settings))
            result = CliRunner().invoke(cli, arguments, obj=info, input=f"{PASSWORD}\n")
            return result.exit_code, result.output

        return await asyncio.to_thread(work)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Those of all tests, for commands that say errors only."""
    return settings.model_copy(update={"log_level": "ERROR"})


@pytest.fixture
def command(app: Application) -> Command:
    """The commands of an operator."""
    return Command(app)


@pytest.mark.check(34)
async def test_names_that_look_like_others(app: Application, visitor: Visitor, command: Command, tally: Tally) -> None:
    """Pages, API and commands refuse them in one sentence."""
    await visitor.register()
    for name, message in REFUSED.items():
        page = await visitor.register(name, email="mallory@example.com")
        tally.count(page.errors == [message], f"page: {name!a}, {page.errors}")
        answer = await Program(app).register(username=name, email="mallory@example.com")
        said = [error["message"] for error in answer.json.get("errors", ())]
        tally.count((answer.status, said) == (400, [message]), f"API: {name!a}, {answer.status}, {said}")
    for name in (HIDDEN[0], "\u2800", OF_OTHER_SCRIPTS[0]):
        code, output = await command.run("user", "create", name, "mallory@example.com", "--password-stdin")
        tally.count(code == 1 and f"Error: The username: {REFUSED[name]}" in output, f"command: {name!a}, {output}")


@pytest.mark.check(34)
@pytest.mark.parametrize("name", ["susan\ufe0f", "\u2800", "su\u0455an", "susan  b"], ids=ascii)
async def test_names_from_before(app: Application, visitor: Visitor, command: Command, tally: Tally, name: str) -> None:
    """An account with such a name, from before they were refused, is used as any other."""
    await visitor.register("old", email="old@example.com")
    async with current_database.of(app).session() as session:
        await session.execute(update(User).values(username=name, username_key=username_key(name)))
        await session.commit()

    tally.count((await visitor.login(name)).location == "/index", "logs in")
    tally.count(name in (await visitor.get("/index")).text, "home page")
    tally.count((await visitor.get("/account")).status == 200, "account page")
    async with open_tab(visitor) as tab:
        tally.count(await tab.names() == [name], "live page")
    tally.count((await browser_of(visitor).send("GET", "/me")).json["username"] == name, "API: who am I")
    program = Program(app)
    tally.count((await program.log_in(username=name)).status == 201, "API: logs in")
    changed = await program.send(
        "PUT", "/me/password", {"current_password": PASSWORD, "new_password": "another fine password"}
    )
    tally.count(changed.status in (200, 204), f"API: changes the password, {changed.status} {changed.text}")
    for arguments in (
        ("sessions", "list", name),
        ("user", "set-password", name, "--password-stdin"),
        ("user", "deactivate", name),
        ("user", "activate", name),
    ):
        code, output = await command.run(*arguments)
        tally.count(code == 0 and name in output, f"{json.dumps(arguments)}: {output}")
    tally.count((await visitor.login(name)).location == "/index", "logs in by what the command has set")
