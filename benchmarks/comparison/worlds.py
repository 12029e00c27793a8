"""A world: a database, both applications serving it, and the browsers of its visitors.

The same happens in two worlds: while the visitors of one use quart_app, those of the other use the twin. When they
move, each goes on at the other application of its world, with the same cookies and in the same database.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode, urlsplit

from benchmarks.environment import application_environment
from benchmarks.serving.commands import gunicorn, hypercorn
from benchmarks.serving.process import serve
from quart_app.models.login_session import hash_handle

from . import signing
from .cookies import Jar, SetCookie
from .signing import SECRET

BROWSERS = ("a", "b")
REMEMBER_COOKIE = "remember_token"
QUART, FLASK = "quart_app", "twin"
QUART_FACTORY = "benchmarks.applications.quart:application"
FLASK_FACTORY = "benchmarks.applications.flask:application"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
_ANSWER_TIMEOUT = 30.0  # seconds for an answer, or for the database's lock, on a busy machine


@dataclass(frozen=True)
class Answer:
    """An answer of either application, as received over the wire."""

    status: int
    headers: list[tuple[str, str]]
    text: str
    #: The cookies of the request that named a login which has ended.
    sent_ended: frozenset[str]

    def get(self, name: str) -> str | None:
        """A header, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def cookies(self) -> list[SetCookie]:
        """What the browser is told to keep."""
        return [SetCookie.parse(value) for key, value in self.headers if key.lower() == "set-cookie"]


@dataclass
class World:
    """One database with both applications, and where its visitors are now."""

    file: Path
    addresses: Mapping[str, str]
    place: str
    jars: dict[str, Jar] = field(default_factory=dict)
    #: The CSRF token of the page that each browser shows.
    tokens: dict[str, str] = field(default_factory=dict)
    #: The cookies of each browser after each step.
    past: list[dict[tuple[str, str], str | None]] = field(default_factory=list)

    remember_cookie: ClassVar[str] = REMEMBER_COOKIE

    def begin(self, place: str) -> None:
        """Start anew: visitors without cookies, at this application."""
        self.place = place
        self.jars = {browser: Jar() for browser in BROWSERS}
        self.tokens = {}
        self.past = []

    def move(self) -> None:
        """Let all visitors go on at the other application, with the cookies they have."""
        self.place = FLASK if self.place == QUART else QUART

    def end_step(self) -> None:
        """Record the cookies of each browser."""
        self.past.append(
            {(browser, name): jar.get(name) for browser, jar in self.jars.items() for name, _, _ in jar.names()}
        )

    def cookie(self, browser: str, name: str, age: int) -> str | None:
        """The value of a cookie *age* steps ago; None if it was not set."""
        return self.past[-1 - age].get((browser, name)) if age < len(self.past) else None

    def ask(self, browser: str, path: str, fields: Mapping[str, str] | None = None, method: str = "") -> Answer:
        """Send a request from a browser, as a form if there are *fields*, and keep the cookies of the answer."""
        jar = self.jars[browser]
        sent_ended = frozenset(name for name, _, _ in jar.names() if self._is_ended(name, jar.get(name) or ""))
        headers = {"User-Agent": AGENT}
        if (cookies := jar.header()) is not None:
            headers["Cookie"] = cookies
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        address = urlsplit(self.addresses[self.place])
        with closing(HTTPConnection(str(address.hostname), address.port, timeout=_ANSWER_TIMEOUT)) as connection:
            connection.request(method or ("GET" if fields is None else "POST"), path, body, headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            answer = Answer(response.status, response.getheaders(), text, sent_ended)
        for cookie in answer.cookies:
            jar.receive(cookie, time.time())
        return answer

    def login_of(self, handle: object) -> str | None:
        """The login of a handle, in words that are the same in both worlds; None if there is no such login."""
        row = self.query("SELECT id, user_id FROM login_sessions WHERE handle_hash = ?", hash_handle(str(handle)))
        return f"login {row[0][0]} of user {row[0][1]}" if row else None

    def _is_ended(self, name: str, value: str) -> bool:
        handle = signing.remembered_user(value)
        if name == "session":
            content = signing.session_content(value)
            handle = content.get("_user_id") if isinstance(content, dict) else None
        return handle is not None and self.login_of(handle) is None

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """The rows of the database, without random values and times."""
        return {
            "users": self.query("SELECT id, username, email, active, substr(password_hash, 1, 6) FROM users"),
            "login_sessions": self.query("SELECT id, user_id, kind, client, address FROM login_sessions ORDER BY id"),
        }

    def query(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Send a query to the database, past the applications."""
        with closing(sqlite3.connect(self.file, timeout=_ANSWER_TIMEOUT)) as connection:
            return connection.execute(statement, values).fetchall()


@contextmanager
def two_worlds(folder: Path, *, flask_factory: str = FLASK_FACTORY) -> Iterator[tuple[World, World]]:
    """Serve two worlds with Hypercorn and gunicorn, until the end of the block.

    Arguments:
        folder: where their databases and logs are written.
        flask_factory: what makes the twin.
    """
    with ExitStack() as stack:
        worlds = []
        for name in ("one", "other"):
            instance = folder / name
            instance.mkdir()
            environment = application_environment(instance, secret_key=SECRET)
            addresses = {}
            # quart_app first: it makes the tables.
            for place, server, factory in (
                (QUART, hypercorn("asyncio"), QUART_FACTORY),
                (FLASK, gunicorn(4), flask_factory),
            ):
                running = stack.enter_context(serve(server, factory, instance, environment=environment))
                addresses[place] = running.url
            worlds.append(World(instance / "microblog.sqlite3", addresses, QUART))
        yield worlds[0], worlds[1]
