"""A browser without JavaScript, which keeps cookies and submits forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from http.cookies import Morsel, SimpleCookie

from quart import Quart, Response
from quart.testing import QuartClient
from werkzeug.datastructures import Headers

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')


@dataclass
class Page:
    """A response with its body."""

    status: int
    text: str
    headers: Headers
    cookies: dict[str, Morsel[str]]

    @property
    def location(self) -> str:
        return self.headers["Location"]

    @property
    def flashes(self) -> list[str]:
        return re.findall(r'<li class="flash[^>]*>([^<]*)</li>', self.text)

    @property
    def errors(self) -> list[str]:
        lists = re.findall(r'<ul class="field-errors".*?</ul>', self.text, re.DOTALL)
        return [error for found in lists for error in re.findall(r"<li>([^<]*)</li>", found)]

    @property
    def token(self) -> str:
        found = _TOKEN.search(self.text)
        assert found, "no form on this page"
        return found[1]


@dataclass
class Visitor:
    app: Quart
    agent: str = "Quart"
    client: QuartClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = QuartClient(self.app)

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        return await _read(await self.client.get(path, headers=self._headers(headers)))

    async def post(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Page:
        """Send exactly these fields."""
        return await _read(await self.client.post(path, form=dict(fields), headers=self._headers(headers)))

    async def submit(self, path: str, **fields: str) -> Page:
        """Open the page and submit its form, with the token."""
        token = (await self.get(path)).token
        return await self.post(path, {"csrf_token": token, **fields})

    async def register(self, username: str = "susan", **changes: str) -> Page:
        fields = {
            "username": username,
            "email": "susan@example.com",
            "password": PASSWORD,
            "password2": PASSWORD,
        }
        return await self.submit("/register", **{**fields, **changes})

    async def login(
        self, username: str = "susan", password: str = PASSWORD, *, path: str = "/login", remember: bool = False
    ) -> Page:
        fields = {"username": username, "password": password}
        return await self.submit(path, **fields, **({"remember_me": "y"} if remember else {}))

    async def logout(self) -> Page:
        return await self.submit("/logout")

    def copy(self, *names: str) -> Visitor:
        """Another browser with copies of these cookies, or of all."""
        other = Visitor(self.app, self.agent)
        for cookie in self.client.cookie_jar or ():
            if cookie.name in names or not names:
                stolen = copy(cookie)
                stolen.expires = None
                assert other.client.cookie_jar is not None
                other.client.cookie_jar.set_cookie(stolen)
        return other

    async def is_in(self) -> bool:
        """Whether the home page, which is for users, is shown."""
        page = await self.get("/index")
        assert page.status in (200, 302)
        return page.status == 200

    def forget(self, name: str) -> None:
        """Delete a cookie, as a browser deletes session cookies when it is closed."""
        self.client.delete_cookie("localhost", name)

    def _headers(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {"User-Agent": self.agent, **(headers or {})}


async def _read(response: Response) -> Page:
    cookies: SimpleCookie = SimpleCookie()
    for header in response.headers.getlist("Set-Cookie"):
        cookies.load(header)
    text = await response.get_data(as_text=True)
    return Page(response.status_code, text, response.headers, dict(cookies))
