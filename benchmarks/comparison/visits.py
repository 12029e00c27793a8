"""What only a visitor of served applications does: open a page, send its form, steal a cookie."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Never, TypeAlias

from .steps import Step, cookie_name
from .worlds import Answer, World

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')

#: The ways of ``Spoil`` that are used here. Not those with characters outside ASCII, as Flask-Login answers such a
#: remember cookie with 500 (``docs/parity.md``), nor those that Hypercorn or gunicorn refuse before the application.
WAYS = ("wrong signature", "cut in half", "longer", "empty")

#: A step of this comparison.
VisitorStep: TypeAlias = Step[World, Answer]


@dataclass(frozen=True, repr=False)
class Open(Step[World, Answer]):
    """A request for a page."""

    path: str
    browser: str = "a"
    method: str = "GET"

    def play(self, side: World) -> Sequence[Answer]:
        """See :class:`Step`."""
        answer = side.ask(self.browser, self.path, method=self.method)
        if token := _TOKEN.search(answer.text):
            side.tokens[self.browser] = token[1]
        return [answer]


@dataclass(frozen=True, repr=False)
class Send(Step[World, Answer]):
    """Open a page and send its form."""

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    browser: str = "a"
    #: The CSRF token: "page" (of this page), "last" (of the page opened last; this one is not opened), "none", "wrong".
    token: str = "page"

    def play(self, side: World) -> Sequence[Answer]:
        """See :class:`Step`."""
        answers = Open(self.path, self.browser).play(side) if self.token == "page" else ()
        fields = dict(self.fields)
        if self.token != "none":
            fields["csrf_token"] = "wrong" if self.token == "wrong" else side.tokens.get(self.browser, "")
        return [*answers, side.ask(self.browser, self.path, fields)]


@dataclass(frozen=True, repr=False)
class Steal(Step[World, Never]):
    """The other browser gets a copy of this one's cookie, "session" or "remember", as it is or was some steps ago."""

    cookie: str
    browser: str = "a"
    age: int = 0

    def play(self, side: World) -> Sequence[Never]:
        """See :class:`Step`."""
        other = "b" if self.browser == "a" else "a"
        name = cookie_name(side, self.cookie)
        side.jars[other].put(name, side.cookie(self.browser, name, self.age))
        return ()


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
