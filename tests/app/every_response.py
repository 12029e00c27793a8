"""Sends each operation of the OpenAPI document the requests that lead to its responses.

The requests are made from the document: its examples are the bodies. So an operation that is added is sent them, too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any, NamedTuple
from unittest import mock
from uuid import UUID, uuid4

from quart import Response
from quart.testing import connections
from sqlalchemy.exc import ProgrammingError

from quart_app.accounts.keyed_registrations import Claim, begin_registration
from quart_app.api.idempotency import IDEMPOTENCY_KEY
from quart_app.application import Application
from quart_app.models.outgoing_mail import MailKind
from tests.app.broken_database import broken
from tests.app.mailbox import sent_mail
from tests.app.program import API, Answer, Program
from tests.app.visitor import PASSWORD

_JSON = {"Content-Type": "application/json"}
_STRICT = {"Prefer": "handling=strict"}
_NEW_PASSWORD = "another fine day for a walk"
_numbers = count()


class Operation(NamedTuple):
    """An operation of the document."""

    method: str
    path: str
    described: dict[str, Any]
    example: dict[str, Any] | None

    @property
    def name(self) -> str:
        return str(self.described["operationId"])

    @property
    def ways_in(self) -> list[str]:
        return [way for ways in self.described["security"] for way in ways]


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """All operations, with the example of their body; below ``/api/v1``, as :class:`Program` writes paths."""
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            example = None
            if "requestBody" in described:
                name = described["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                fields = document["components"]["schemas"][name]["properties"]
                example = {field: schema["examples"][0] for field, schema in fields.items()}
            yield Operation(method.upper(), path.removeprefix("/v1"), described, example)


class Sender:
    """Sends an operation, each time as another new user."""

    def __init__(self, app: Application, operation: Operation) -> None:
        self._app = app
        self._operation = operation
        self.content: dict[str, Any] | None = None
        self.user: dict[str, str] = {}
        self.path = ""

    async def program(self, way: str | None) -> Program:
        """A new user, logged in this way, with a second login; and the request that is right for it."""
        name = f"user{next(_numbers)}"
        user = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        program = Program(self._app)
        assert (await program.register(**user)).status == 201
        credentials = {"username": name, "password": PASSWORD}
        other = (await program.log_in(**credentials, kind="bearer")).json["session"]["id"]
        if way == "bearer":
            program.token = (await program.log_in(**credentials, kind="bearer")).json["token"]
        elif way is not None:
            await program.log_in(**credentials, kind="session" if way == "cookie" else "remembered")
        if way == "remembered":
            program.forget("session")
        self.path = self._operation.path.replace("{session_id}", str(other))
        self.content = await self._with_token(self._body_of(user), user["email"])
        self.user = user
        return program

    def _body_of(self, user: dict[str, str]) -> dict[str, Any] | None:
        """The example of the body, for this user."""
        if self._operation.example is None:
            return None
        known = {**user, "current_password": PASSWORD, "new_password": _NEW_PASSWORD}
        if self._operation.name == "register":
            known |= {name: f"new{user[name]}" for name in ("username", "email")}
        return {name: known.get(name, value) for name, value in self._operation.example.items()}

    async def _with_token(self, content: dict[str, Any] | None, email: str) -> dict[str, Any] | None:
        """The body with a token that was sent to the user with this address, if it has one."""
        if content is None or "token" not in content:
            return content
        if self._operation.name == "confirm_email_by_link":
            mail = await sent_mail(self._app, MailKind.CONFIRM_ADDRESS)
        else:
            await Program(self._app).send("POST", "/password-resets", {"email": email})
            mail = await sent_mail(self._app, MailKind.SET_PASSWORD)
        return {**content, "token": mail.token}

    async def send(self, program: Program, headers: dict[str, str] | None = None, **changes: str) -> Answer:
        content = None if self.content is None else {**self.content, **changes}
        return await program.send(self._operation.method, self.path, content, headers)

    async def all(self) -> AsyncIterator[Answer]:
        """All responses."""
        for answers in (self.right(), self.wrong(), self.bad_bodies(), self.faults()):
            async for answer in answers:
                yield answer

    async def right(self) -> AsyncIterator[Answer]:
        """To a right request: by each way in and again, handled strictly, by a remembered browser, without a login."""
        ways: list[str | None] = [*self._operation.ways_in]
        for way in ways or [None]:
            program = await self.program(way)
            yield await self.send(program)
            yield await self.send(program)
        if self.content is not None:
            yield await self.send(await self.program(next(iter(ways), None)), _STRICT)
        for kind in ("session", "remembered") if "kind" in (self.content or ()) else ():
            yield await self.send(await self.program(None), kind=kind)
        yield await self.send(await self.program("remembered"))
        yield await self.send(await self.program(None))
        for parameter in self._operation.described.get("parameters", ()):
            if parameter["in"] == "query" and "minimum" in parameter["schema"]:
                program = await self.program("bearer")
                query = f"{parameter['name']}={parameter['schema']['minimum']}"
                yield await program.send(self._operation.method, f"{self.path}?{query}")

    async def wrong(self) -> AsyncIterator[Answer]:
        """To two logins at once, another site, a taken address, an unknown id, wrong parameters and wrong passwords.

        And to a registration that is running already.
        """
        program = await self.program("cookie")
        yield await self.send(program, {"Authorization": "Bearer none"})
        yield await self.send(program, {"Origin": "https://evil.test"})
        for field in {"password", "current_password"} & (self.content or {}).keys():
            yield await self.send(program, None, **{field: "a wrong password"})
        if "email" in (self.content or ()):
            await self.program(None)
            taken = self.user["email"]
            yield await self.send(await self.program("cookie"), None, email=taken)
        if self._operation.name == "confirm_email_by_link":
            program = await self.program("bearer")
            taken = "taken@example.com"
            await program.send("PUT", "/me/email", {"email": taken, "current_password": PASSWORD})
            mail = await sent_mail(self._app, MailKind.CONFIRM_ADDRESS)
            await Program(self._app).register(username="taker", email=taken, password=PASSWORD)
            yield await self.send(program, None, token=mail.token)
        if "{" in self._operation.path:
            program = await self.program("remembered")
            yield await program.send(self._operation.method, re.sub(r"{\w+}", str(UUID(int=0)), self._operation.path))
        for parameter in self._operation.described.get("parameters", ()):
            if parameter["in"] == "query":
                program = await self.program("remembered")
                yield await program.send(self._operation.method, f"{self.path}?{parameter['name']}=wrong")
            elif parameter["name"] == IDEMPOTENCY_KEY.name:
                program, key = await self.program(None), str(uuid4())
                async with self._app.app_context():
                    await begin_registration(Claim.of(key, json.dumps(self.content).encode()))
                yield await self.send(program, {IDEMPOTENCY_KEY.name: key})

    async def bad_bodies(self) -> AsyncIterator[Answer]:
        """To a body that has an unknown field, is damaged, of another type, too large, or does not come."""
        if self.content is None:
            return
        program = await self.program("cookie")
        yield await self.send(program, _STRICT, unknown="field")
        for body, kind in ((b"{", "application/json"), (b"{}", "text/plain"), (b" " * 70_000, "application/json")):
            yield await program.send_bytes(self._operation.method, self.path, body, {"Content-Type": kind})
        with mock.patch.dict(self._app.config, BODY_TIMEOUT=0.01):
            sending = program.client.request(API + self.path, method=self._operation.method, headers=_JSON)
            async with sending as connection:
                await connection.send(b"{")
                assert isinstance(connection, connections.TestHTTPConnection)
                while connection.status_code is None:  # noqa: ASYNC110 - the test client does not tell
                    await asyncio.sleep(0.01)
                response = await connection.as_response()
        assert isinstance(response, Response)
        yield Answer(response.status_code, await response.get_data(as_text=True), response.headers, {})

    async def faults(self) -> AsyncIterator[Answer]:
        """While the database is down, or has no such table."""
        for error in (OSError("connection refused"), ProgrammingError("SELECT", None, Exception("no such table"))):
            program = await self.program(next(iter(self._operation.ways_in), "cookie"))
            with broken(error), mock.patch.dict(self._app.config, PROPAGATE_EXCEPTIONS=False):
                yield await self.send(program)
