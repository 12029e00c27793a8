"""A user who logs in without end: what that costs the user, and everybody else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect, text

from quart_app.application import Application
from quart_app.database import current_database
from quart_app.sessions.generations import ROWS_PER_STATEMENT
from quart_app.settings import Settings
from tests.app.many_logins import add_logins, ids
from tests.app.program import Program, browser_of, with_token
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.hosts import host
from tests.checks.tally import Tally

MANY = 10_000
CAP = 100
LONGEST_PAGE = 50_000  # characters
Statements = list[tuple[str, Any]]


@pytest.fixture
def statements() -> Iterator[Statements]:
    """Each statement that is sent to the database, with its parameters."""
    seen: Statements = []

    def remember(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", remember)
    yield seen
    event.remove(Engine, "before_cursor_execute", remember)


@pytest.mark.check(31)
async def test_logins_are_capped(settings: Settings, tally: Tally) -> None:
    """Of 10,000 logins from before the cap a page shows a few; the next login leaves a hundred, and so do 24 at once.

    Two applications on one database stand for two workers.
    """
    async with host(settings) as app, host(settings) as other:
        susan = Visitor(app)
        await susan.register()
        await susan.login()
        await add_logins(app, MANY)

        page = await susan.get("/account")
        tally.count(page.text.count('class="login"') == 21, "logins on the account page: not this one and 20 others")
        tally.count(len(page.text) < LONGEST_PAGE, f"{len(page.text)} characters of the account page")
        answer = (await browser_of(susan).send("GET", "/sessions")).json
        tally.count(len(answer["sessions"]) == CAP and answer["next"] is not None, "a page of the API")

        token = await with_token(app)
        answer = (await token.send("GET", "/sessions")).json
        tally.count(len(answer["sessions"]) == CAP and answer["next"] is None, "logins after the next login")
        tally.count(answer["sessions"][0]["current"], "the login just made")
        await asyncio.gather(*app.background_tasks)
        tally.count(len(await ids(app)) == CAP, f"{len(await ids(app))} rows after the next login")

        programs = [Program(app if number % 2 else other) for number in range(24)]
        answers = await asyncio.gather(*(program.log_in() for program in programs))
        begun = [program for program, answer in zip(programs, answers, strict=True) if answer.status == 201]
        # They wait for each other: on a busy machine some give up, and are told to try again.
        tally.count(bool(begun) and {answer.status for answer in answers} <= {201, 503}, "parallel logins")
        tally.count(len(await ids(app)) == CAP, f"{len(await ids(app))} rows after parallel logins")
        tally.count(all([await program.is_in() for program in begun]), "the newest are valid")
        tally.note(f"{len(begun)} of 24 parallel logins began")


@pytest.mark.check(38)
async def test_password_change_among_many_logins(app: Application, tally: Tally, statements: Statements) -> None:
    """The same few statements, each by an index, end 10,000 other logins at once, and no login of another user."""
    susan, bob = Visitor(app), Visitor(app)
    await susan.register()
    await bob.register("bob", email="bob@example.com")
    await bob.login("bob")
    await add_logins(app, MANY // 2, user_id=2)
    await susan.login()
    others = [await with_token(app), await with_token(app)]

    counts, new = [], PASSWORD
    for many in (0, MANY):
        if many:
            await add_logins(app, many)
        old, new = new, f"four words of kind {many}"
        token = (await susan.get("/account/password")).token
        fields = {"csrf_token": token, "current_password": old, "password": new, "password2": new}
        statements.clear()
        done = await susan.post("/account/password", fields)
        sent = list(statements)
        tally.count(done.status == 302, f"{done.status} with {many} logins")
        counts.append(len(sent))
        for statement, parameters in sent:
            plan = await plan_of(app, statement, parameters)
            scans = re.search(r"\bSCAN (login_sessions|users)\b|\bSeq Scan\b", plan)
            tally.count(not scans, f"{statement}: {plan}")
            tally.count(len(parameters) <= ROWS_PER_STATEMENT + 10, f"{len(parameters)} parameters: {statement}")
        tally.count(len((await browser_of(susan).send("GET", "/sessions")).json["sessions"]) == 1, "logins left")
        for number, other in enumerate(others):
            tally.count(not await other.is_in(), f"token {number} after the change with {many} logins")
        others = [Program(app, (await Program(app).log_in(kind="bearer", password=new)).json["token"])]
        tally.count(await others[0].is_in(), "a new login with the new password")
        tally.count(await susan.is_in(), "the browser that changed it")
        tally.count(await bob.is_in(), "another user")
    tally.count(counts[1] <= counts[0] + 3, f"{counts} statements")
    tally.note(f"{counts[0]} statements, {counts[1]} with {MANY} logins")


async def plan_of(app: Application, statement: str, parameters: Any) -> str:
    """How the database executes a statement, if it may not read a whole table where it has an index."""
    async with current_database.of(app).session() as session:
        connection = await session.connection()
        explain = "EXPLAIN QUERY PLAN "
        if connection.dialect.name == "postgresql":
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN "
        rows = (await connection.exec_driver_sql(explain + statement, tuple(parameters))).all()
        await session.rollback()
    return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.check(38)
async def test_foreign_keys_have_indexes(app: Application, tally: Tally) -> None:
    """What refers to a deleted row is found by an index: the deletion of a user reads no login of another one."""
    async with current_database.of(app).session() as session:
        connection = await session.connection()
        for table, columns, indexes in await connection.run_sync(lambda sync: foreign_keys(sync)):
            tally.count(any(index[: len(columns)] == columns for index in indexes), f"{table}: {columns}")


def foreign_keys(connection: Any) -> list[tuple[str, list[str], list[list[str]]]]:
    """Each foreign key of the database: its table, its columns, and the columns of each index of the table."""
    inspector = inspect(connection)
    return [
        (table, key["constrained_columns"], [index["column_names"] for index in inspector.get_indexes(table)])
        for table in inspector.get_table_names()
        for key in inspector.get_foreign_keys(table)
    ]
