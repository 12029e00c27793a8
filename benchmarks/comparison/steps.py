"""What a visitor does: open a page, send its form, close the browser, lose or spoil a cookie, move."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .worlds import FLASK, QUART, Answer, World

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')

#: Not with what is not ASCII: Flask-Login answers such a remember cookie with 500 (``docs/parity.md``).
SPOILS: dict[str, Callable[[str], str]] = {
    "signature": lambda value: value[:-4] + "0000",
    "shorter": lambda value: value[: len(value) // 2],
    "longer": lambda value: value + "0",
    "empty": lambda _value: "",
}


@dataclass(frozen=True)
class Step:
    """Something that happens in both worlds."""

    def play(self, world: World) -> list[Answer]:
        """Do it in one of them; each request has an answer."""
        raise NotImplementedError


@dataclass(frozen=True)
class Open(Step):
    """A request for a page."""

    path: str
    browser: str = "a"
    method: str = "GET"

    def play(self, world: World) -> list[Answer]:
        """See :class:`Step`."""
        answer = world.ask(self.browser, self.path, method=self.method)
        if token := _TOKEN.search(answer.text):
            world.tokens[self.browser] = token[1]
        return [answer]


@dataclass(frozen=True)
class Send(Step):
    """A page is opened and its form is sent, or whatever was open before, if *path* has none."""

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    browser: str = "a"
    #: "page": that of the page; "last": open nothing, and take that of the page seen last; "none", "wrong".
    token: str = "page"

    def play(self, world: World) -> list[Answer]:
        """See :class:`Step`."""
        answers = Open(self.path, self.browser).play(world) if self.token == "page" else []
        fields = dict(self.fields)
        if self.token != "none":
            fields["csrf_token"] = "wrong" if self.token == "wrong" else world.tokens.get(self.browser, "")
        return [*answers, world.ask(self.browser, self.path, fields)]


@dataclass(frozen=True)
class Restart(Step):
    """The browser is closed and opened again: the session cookie is gone, the remember cookie is not."""

    browser: str = "a"

    def play(self, world: World) -> list[Answer]:
        """See :class:`Step`."""
        world.jars[self.browser].put("session", None)
        return []


@dataclass(frozen=True)
class Spoil(Step):
    """A cookie is tampered with."""

    cookie: str
    way: str
    browser: str = "a"

    def play(self, world: World) -> list[Answer]:
        """See :class:`Step`."""
        jar = world.jars[self.browser]
        if (value := jar.get(self.cookie)) is not None:
            jar.put(self.cookie, SPOILS[self.way](value))
        return []


@dataclass(frozen=True)
class Steal(Step):
    """The other browser gets a copy of the cookie that this one has now, or had some steps ago."""

    cookie: str
    browser: str = "a"
    age: int = 0

    def play(self, world: World) -> list[Answer]:
        """See :class:`Step`."""
        other = "b" if self.browser == "a" else "a"
        world.jars[other].put(self.cookie, world.cookie(self.browser, self.cookie, self.age))
        return []


@dataclass(frozen=True)
class Move(Step):
    """Everybody goes on at the other application, with the cookies they have."""

    def play(self, world: World) -> list[Answer]:
        """See :class:`Step`."""
        world.place = FLASK if world.place == QUART else QUART
        return []


def register(name: str, browser: str = "a", **changes: str) -> Send:
    """Create an account."""
    fields = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "password2": PASSWORD}
    return Send("/register", {**fields, **changes}, browser)


def log_in(name: str, browser: str = "a", *, path: str = "/login", remember: bool = False, **changes: str) -> Send:
    """Log in by the form."""
    fields = {"username": name, "password": PASSWORD, **({"remember_me": "y"} if remember else {})}
    return Send(path, {**fields, **changes}, browser)


def log_out(browser: str = "a") -> Send:
    """Log out by the form."""
    return Send("/logout", {}, browser)


def confirm(browser: str = "a", *, path: str = "/reauthenticate", password: str = PASSWORD) -> Send:
    """Enter the password once more."""
    return Send(path, {"current_password": password}, browser)


def change_password(new: str, browser: str = "a", *, old: str = PASSWORD) -> Send:
    """Change the password, which needs a fresh login."""
    return Send("/account/password", {"current_password": old, "password": new, "password2": new}, browser)
