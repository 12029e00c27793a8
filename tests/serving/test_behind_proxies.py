"""The application behind nginx and Caddy, with the files of docs/deployment, at a port that is not https's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.checks.proxy import ELSEWHERE, HERE, NAME, Answer, Proxy, proxy
from tests.serving.server import CONFIG, PASSWORD, Server, serve

ENVIRONMENT = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "a key for this test alone",
    "MAIL_URL": "file:",
    "ALLOWED_HOSTS": NAME,
    "TRUSTED_HOPS": "1",
    "UPGRADE_AT_START": "true",
}
FILES = ["nginx.conf", "side-by-side.conf", "Caddyfile"]
_numbers = count(1)
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')


class Tab:
    """A browser without ``Sec-Fetch-Site``: it sends ``Origin`` with its forms, and its host with the port."""

    def __init__(self, running: Proxy, *, client: str = HERE) -> None:
        self.host = f"{NAME}:{running.port}"
        self._proxy = running
        self._client = client
        self._cookies: dict[str, str] = {}

    def send(
        self, path: str, headers: Mapping[str, str] | None = None, fields: Mapping[str, str] | None = None
    ) -> Answer:
        """Open a page, or send a form; keep the cookies of the answer."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        sent = {"Host": self.host, **({"Cookie": cookies} if cookies else {}), **(headers or {})}
        if fields is None:
            answer = self._proxy.exchange(path, client=self._client, headers=sent)
        else:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields).encode()
            answer = self._proxy.exchange(path, client=self._client, method="POST", headers=sent, body=body)
        for header in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return answer

    def submit(self, path: str, fields: Mapping[str, str], *, origin: str) -> int:
        """Open a page and send its form as a page of this origin would."""
        found = _TOKEN.search(self.send(path).body.decode())
        assert found, f"no form at {path}"
        return self.send(path, {"Origin": origin}, {"csrf_token": found[1], **fields}).status

    def open_websocket(self, *, origin: str, path: str = "/live/ws") -> int:
        """The status of the live page's handshake."""
        key = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455, section 1.3
        handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        return self.send(path, {**handshake, "Sec-WebSocket-Key": key, "Origin": origin}).status


@dataclass(frozen=True)
class Visitor:
    """A visitor whom no other test has: they share a server, whose limits count each address by itself.

    Attributes:
        client: an address of this machine.
        fields: what the visitor fills forms with.
    """

    client: str
    fields: Mapping[str, str]


@pytest.fixture
def visitor() -> Visitor:
    """Another one for each test."""
    number = next(_numbers)
    name = {"username": f"susan{number}", "email": f"susan{number}@example.com"}
    return Visitor(f"127.0.1.{number}", {**name, "password": PASSWORD, "password2": PASSWORD})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application in production, with one proxy after the other in front of it."""
    with serve(tmp_path_factory.mktemp("server"), environment=ENVIRONMENT) as server:
        yield server


@pytest.mark.parametrize("file", FILES)
def test_origins_with_a_port(file: str, server: Server, visitor: Visitor, tmp_path: Path) -> None:
    """Forms and the websocket work at any port, and those of the same name at another port are refused with 403."""
    with proxy(file, tmp_path, server.port) as running:
        tab = Tab(running, client=visitor.client)
        for origin in (f"https://{NAME}", f"http://{tab.host}", f"https://{NAME}:{running.port + 1}"):
            assert tab.submit("/register", visitor.fields, origin=origin) == 403
        assert tab.submit("/register", visitor.fields, origin=f"https://{tab.host}") == 302
        assert tab.submit("/login", visitor.fields, origin=f"HTTPS://{tab.host.upper()}") == 302
        assert tab.open_websocket(origin=f"https://{NAME}") == 403
        assert tab.open_websocket(origin=f"https://{tab.host}") == 101


@pytest.mark.parametrize("file", FILES)
def test_tokens_are_not_logged(file: str, server: Server, visitor: Visitor, tmp_path: Path) -> None:
    """The token of a link in a mail is in no log, neither of the proxy nor of the application."""
    with proxy(file, tmp_path, server.port) as running:
        asked = running.exchange("/password/new?token=secret-of-a-mail", client=visitor.client)
        assert asked.status == 404
    server.wait_for_log(f'"address": "{visitor.client}"')
    assert not any("secret-of-a-mail" in log.read_text() for log in (server.log, *tmp_path.rglob("*.log")))


@pytest.mark.parametrize("file", FILES)
def test_long_addresses(file: str, server: Server, tmp_path: Path) -> None:
    """A visitor of a protected page with a long address is sent to log in, whatever the characters of the address."""
    with proxy(file, tmp_path, server.port) as running:
        for query in ("a" * 2_030, "a" * 3_500, "%25" * 500, "%25" * 1_000, "%26%3D" * 300, "%26%3D" * 330):
            answer = running.exchange(f"/account?q={query}")
            assert (answer.status, answer.headers["Location"].partition("?")[0]) == (302, "/login")


@pytest.mark.parametrize("file", FILES)
def test_bodies_that_are_too_large(file: str, server: Server, visitor: Visitor, tmp_path: Path) -> None:
    """A body over the limit is answered 413, or 429 by the limit of addresses, and never 502."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with proxy(file, tmp_path, server.port) as running:
        seen = set()
        for size in (70_000, 200_000, 1_000_000) * 12:
            answer = running.exchange("/login", client=visitor.client, method="POST", headers=form, body=b"a" * size)
            seen.add(answer.status)
        assert 413 in seen
        assert seen <= {413, 429}


@pytest.mark.parametrize("file", ["sub-path.conf", "sub-path.Caddyfile"])
def test_below_a_path(file: str, server: Server, visitor: Visitor, tmp_path: Path) -> None:
    """Behind a proxy that strips ``/sub`` visitors log in below it, and return to the page they wanted."""
    with proxy(file, tmp_path, server.port) as running:
        log_in_below_sub(running, visitor)


def test_a_kept_prefix(visitor: Visitor, tmp_path: Path) -> None:
    """The same holds behind an nginx that strips nothing, if the server has ``root_path``."""
    config = tmp_path / "hypercorn.toml"
    config.write_text(f'root_path = "/sub"\n{CONFIG.read_text()}')
    changes = {
        "proxy_pass http://microblog/;": "proxy_pass http://microblog;",
        "rewrite ^/sub(/.*)$ $1 break;": "",
        "X-Forwarded-Prefix /sub": 'X-Forwarded-Prefix ""',
    }
    with (
        serve(tmp_path, config=config, environment=ENVIRONMENT) as server,
        proxy("sub-path.conf", tmp_path, server.port, changes=changes) as running,
    ):
        log_in_below_sub(running, visitor)


def log_in_below_sub(running: Proxy, visitor: Visitor) -> None:
    """Register, log in and use the application below ``/sub``; look for closed paths from elsewhere."""
    tab = Tab(running, client=visitor.client)
    refused = tab.send("/sub/account?tab=1", {"X-Forwarded-Prefix": "/elsewhere"})
    assert refused.headers["Location"] == "/sub/login?next=%2Fsub%2Faccount%3Ftab%3D1"
    assert tab.submit("/sub/register", visitor.fields, origin=f"https://{tab.host}") == 302
    found = _TOKEN.search(tab.send(refused.headers["Location"]).body.decode())
    assert found
    answer = tab.send(refused.headers["Location"], fields={"csrf_token": found[1], **visitor.fields})
    assert (answer.status, answer.headers["Location"]) == (302, "/sub/account?tab=1")
    assert tab.send("/sub/account?tab=1").status == 200
    assert tab.open_websocket(origin=f"https://{tab.host}", path="/sub/live/ws") == 101
    assert tab.send("/sub").headers["Location"] == "/sub/"
    assert b"Microblog" not in tab.send("/sublogin").body + tab.send("/subway/login").body

    document = json.loads(running.exchange("/sub/api/v1/openapi.json", client=HERE, headers={"Host": tab.host}).body)
    assert [server["url"] for server in document["servers"]] == ["/sub/api"]
    assert running.status("/sub/healthz", client=HERE) == 200
    for path in ("/healthz", "/readyz", "/metrics", "/api/v1/docs", "/api/v1/openapi.json", "/api/v1/asyncapi.json"):
        for written in (f"/sub{path}", f"/sub/{path}", f"/sub/x/..{path}", f"/sub/%{ord(path[1]):x}{path[2:]}"):
            assert running.status(written, client=ELSEWHERE) == 403


@pytest.mark.parametrize("outer", ["nginx.conf", "Caddyfile"])
def test_two_proxies(outer: str, server: Server, visitor: Visitor, tmp_path: Path) -> None:
    """An inner nginx that passes on what the outer proxy has set is as if it were not there."""
    names = ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "X-Forwarded-Host $http_host")
    changes = {f"proxy_set_header {each};": "" for each in (*names, 'X-Forwarded-Prefix ""')}
    folders = [tmp_path / name for name in ("inner", "outer")]
    for folder in folders:
        folder.mkdir()
    with (
        proxy("nginx.conf", folders[0], server.port, changes=changes | {"ssl http2": ""}) as inner,
        proxy(outer, folders[1], inner.port) as running,
    ):
        tab = Tab(running, client=visitor.client)
        lies = {"X-Forwarded-For": "192.0.2.66", "X-Forwarded-Prefix": "/elsewhere", "X-Forwarded-Port": "1"}
        assert tab.send("/account", lies).headers["Location"] == "/login?next=%2Faccount"
        assert tab.submit("/register", visitor.fields, origin=f"https://{tab.host}") == 302
        assert tab.submit("/login", visitor.fields, origin=f"https://{tab.host}") == 302
        assert tab.open_websocket(origin=f"https://{tab.host}") == 101
        assert tab.send("/login", lies).status == 302
    server.wait_for_log(f'"address": "{visitor.client}"')
    assert "192.0.2.66" not in server.log.read_text()


def test_a_unix_socket(visitor: Visitor, tmp_path: Path) -> None:
    """A server at a unix socket sees the clients of nginx, and ``umask`` decides the mode of the socket alone."""
    config, socket = tmp_path / "hypercorn.toml", tmp_path / "http.sock"
    config.write_text(f"umask = 0\n{CONFIG.read_text()}")
    changes = {"server 127.0.0.1:8000;": f"server unix:{socket};  # 127.0.0.1:8000"}
    bind = ("--bind", f"unix:{socket}")
    with (
        serve(tmp_path, *bind, config=config, environment=ENVIRONMENT, umask=0o077, with_tables=False) as server,
        proxy("nginx.conf", tmp_path, server.port, changes=changes) as running,
    ):
        assert socket.stat().st_mode & 0o777 == 0o777
        assert (tmp_path / "microblog.sqlite3").stat().st_mode & 0o777 == 0o600
        tab = Tab(running)
        assert tab.submit("/register", visitor.fields, origin=f"https://{tab.host}") == 302
        assert tab.open_websocket(origin=f"https://{NAME}") == 403
        assert running.exchange("/login", client=ELSEWHERE).status == 200
    server.wait_for_log(f'"address": "{ELSEWHERE}"')


@pytest.mark.parametrize("file", FILES)
def test_prefixes_of_clients(file: str, server: Server, tmp_path: Path) -> None:
    """A prefix that a client sends has no effect behind the proxies that serve the application at the root."""
    with proxy(file, tmp_path, server.port) as running:
        refused = Tab(running).send("/account", {"X-Forwarded-Prefix": "/elsewhere"})
        assert refused.headers["Location"] == "/login?next=%2Faccount"
