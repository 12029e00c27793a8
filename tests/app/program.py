"""A program that uses the API: with a token, or with cookies like a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from http.cookies import Morsel, SimpleCookie
from typing import Any

from quart import Quart
from quart.testing import QuartClient
from werkzeug.datastructures import Headers

from tests.app.visitor import PASSWORD, Visitor

API = "/api/v1"
SUSAN = {"username": "susan", "email": "susan@example.com", "password": PASSWORD}
CREDENTIALS = {"username": "susan", "password": PASSWORD}


@dataclass
class Answer:
    """A response with its body."""

    status: int
    text: str
    headers: Headers
    cookies: dict[str, Morsel[str]]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def problem(self) -> str:
        """The name of the problem type, or its title if it has no type of its own."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status
        _, _, name = self.json["type"].partition("#")
        return str(name or self.json["title"])

    @property
    def pointers(self) -> list[str]:
        """The JSON pointers to the invalid fields."""
        return [error["pointer"] for error in self.json["errors"]]


@dataclass
class Program:
    app: Quart
    token: str | None = None
    client: QuartClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = QuartClient(self.app)

    async def send(
        self, method: str, path: str, content: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send JSON, or no body, to a path below ``/api/v1``."""
        body = None if content is None else json.dumps(content).encode()
        sent = {**({} if body is None else {"Content-Type": "application/json"}), **(headers or {})}
        return await self.send_bytes(method, path, body, sent)

    async def send_bytes(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send exactly these bytes."""
        sent = {**({} if self.token is None else {"Authorization": f"Bearer {self.token}"}), **headers}
        response = await self.client.open(API + path, method=method, data=body, headers=sent)
        cookies: SimpleCookie = SimpleCookie()
        for header in response.headers.getlist("Set-Cookie"):
            cookies.load(header)
        return Answer(response.status_code, await response.get_data(as_text=True), response.headers, dict(cookies))

    async def register(self, **changes: object) -> Answer:
        return await self.send("POST", "/users", {**SUSAN, **changes})

    async def log_in(self, **changes: object) -> Answer:
        return await self.send("POST", "/sessions", {**CREDENTIALS, **changes})

    async def is_in(self) -> bool:
        """Whether the API accepts the credentials."""
        answer = await self.send("GET", "/me")
        assert answer.status in (200, 401)
        return answer.status == 200

    def copy(self, *names: str) -> Program:
        """Another program with copies of the token and of these cookies, or of all."""
        other = Program(self.app, self.token)
        for cookie in self.client.cookie_jar or ():
            if cookie.name in names or not names:
                assert other.client.cookie_jar is not None
                other.client.cookie_jar.set_cookie(copy(cookie))
        return other

    def forget(self, name: str) -> None:
        """Delete a cookie."""
        self.client.delete_cookie("localhost", name)


def browser_of(visitor: Visitor) -> Program:
    """The API with the cookies of a browser that is logged in at the pages."""
    program = Program(visitor.app)
    program.client = visitor.client
    return program


async def with_token(app: Quart) -> Program:
    """A program with a bearer token for susan, who is registered."""
    answer = await Program(app).log_in(kind="bearer")
    assert answer.status == 201
    return Program(app, answer.json["token"])
