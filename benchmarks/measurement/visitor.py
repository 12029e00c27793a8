"""A visitor who logs in by an application's own form, and sees whether its page answers as the page of quart_app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from benchmarks.comparison.check import AnswersDiffer
from benchmarks.load.agent import AGENT

_TIMEOUT = 30.0
_TOKEN = re.compile(r'<input[^>]*name="(csrf_token|csrfmiddlewaretoken)"[^>]*value="([^"]+)">')
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
_SUCCESS = 200
_REFUSALS = (302, 303, 401)


@dataclass(frozen=True)
class LoginForm:
    """How users log in.

    Attributes:
        field: of the form, for the name.
        name: of the n-th test account in that field, a format.
    """

    field: str = "username"
    name: str = "user{}"


BY_NAME = LoginForm()


class Visitor:
    """A browser without JavaScript: cookies, and the token of the last page."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc
        self.cookies: dict[str, str] = {}
        self._token: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        """The ``Cookie`` header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text of an answer; with *fields* it is a form that is sent, with the last page's token."""
        headers = {"User-Agent": AGENT, "Accept": "text/html", "Cookie": self.cookie}
        body = None
        if fields is not None:
            body = urlencode(fields | self._token)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection(self._address, timeout=_TIMEOUT)
        try:
            connection.request("GET" if body is None else "POST", path, body, headers)
            response = connection.getresponse()
            for line in response.headers.get_all("Set-Cookie", []):
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
            self.cookies = {name: value for name, value in self.cookies.items() if value}
            text = response.read().decode()
        finally:
            connection.close()
        if found := _TOKEN.search(text):
            self._token = {found[1]: found[2]}
        return response.status, text

    def log_in(self, form: LoginForm, number: int, password: str) -> None:
        """Send the login form as the n-th test account."""
        self.ask("/login")
        self.ask("/login", {form.field: form.name.format(number), "password": password})


def check_page(url: str, name: str, form: LoginForm, password: str, page: str) -> int:
    """Log in as the first account, look at the page, and log out.

    Arguments:
        url: of the application.
        name: what to call it.
        form: how users log in.
        password: of all accounts.
        page: of quart_app for the first account: the application's must have the same text.

    Returns:
        The bytes of the application's page.

    Raises:
        AnswersDiffer: a stranger, a wrong password or an ended login sees the page; or its user sees another one.
    """
    visitor = Visitor(url)
    _refused(visitor, f"{name}: a stranger")
    visitor.log_in(form, 1, "wrong " + password)
    _refused(visitor, f"{name}: a wrong password")
    visitor.log_in(form, 1, password)
    visitor.ask("/")  # what was flashed before is shown, and gone
    status, text = visitor.ask("/")
    if status != _SUCCESS or text_of(text) != text_of(page):
        both = f"{text_of(text)}\ninstead of\n{text_of(page)}"
        raise AnswersDiffer(f"{name}: answers its user with {status} and\n{both}")
    stolen = dict(visitor.cookies)
    visitor.ask("/logout", {})
    _refused(visitor, f"{name}: a user after logging out")
    visitor.cookies = stolen
    _refused(visitor, f"{name}: a copy of the cookies of a login that has ended")
    return len(text.encode())


def _refused(visitor: Visitor, who: str) -> None:
    status, _ = visitor.ask("/")
    if status not in _REFUSALS:
        raise AnswersDiffer(f"{who} gets {status} instead of one of {_REFUSALS}")


def text_of(page: str) -> str:
    """A page without tokens, the host in links, and space between tags."""
    text = _ADDRESS.sub("", _TOKEN.sub("", page))
    return re.sub(r">\s+", ">", re.sub(r"\s+<", "<", text)).strip()
