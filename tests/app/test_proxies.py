"""Client addresses and host names, with and without trusted proxies."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import pytest
from quart import request, websocket
from quart.testing import QuartClient
from quart.testing.connections import WebsocketResponseError
from werkzeug.datastructures import Headers

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings

LIES = {
    "X-Forwarded-For": "192.0.2.66",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.test",
    "Forwarded": "for=192.0.2.66;proto=https;host=evil.test",
    "X-Real-IP": "192.0.2.66",
    "Remote-Addr": "192.0.2.66",
}


def make(folder: Path, **settings: object) -> Application:
    """An application with a page that shows the client."""
    app = create_app(Settings.model_validate({"instance_path": folder, **settings}))

    @app.get("/who")
    async def who() -> dict[str, object]:
        return {"address": request.remote_addr, "scheme": request.scheme, "host": request.host}

    @app.websocket("/socket")
    async def socket() -> None:
        await websocket.send(f"{websocket.remote_addr} {websocket.host}")

    return app


def stranger(app: Application) -> QuartClient:
    """A client without cookies: the test client's cookie jar cannot parse all of these hosts."""
    return QuartClient(app, use_cookies=False)


async def ask(app: Application, headers: Headers | dict[str, str]) -> dict[str, object]:
    """The client as the application sees it."""
    response = await stranger(app).get("/who", headers=headers, scope_base={"client": ("127.0.0.1", 1)})
    assert response.status_code == 200
    seen: dict[str, object] = await response.get_json()
    return seen


async def test_clients_are_not_believed(tmp_path: Path) -> None:
    """Without a trusted proxy no header changes address, scheme or host."""
    app = make(tmp_path)
    for name, lie in LIES.items():
        assert await ask(app, {name: lie}) == {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}, name


@pytest.mark.parametrize(
    ("mode", "headers"),
    [
        (
            "legacy",
            {
                "X-Forwarded-For": "192.0.2.66, 198.51.100.1",
                "X-Forwarded-Proto": "http, https",
                "X-Forwarded-Host": "evil.test, example.com",
            },
        ),
        ("modern", {"Forwarded": "for=192.0.2.66;host=evil.test, for=198.51.100.1;proto=https;host=example.com"}),
    ],
)
async def test_one_proxy_is_believed(tmp_path: Path, mode: str, headers: dict[str, str]) -> None:
    """With one trusted proxy its own entry counts, not those before it."""
    app = make(tmp_path, trusted_hops=1, proxy_mode=mode, allowed_hosts=("example.com",))
    assert await ask(app, headers) == {"address": "198.51.100.1", "scheme": "https", "host": "example.com"}


WRITTEN_ADDRESSES = [
    ("198.51.100.1", "198.51.100.1"),
    ("198.51.100.1:4711", "198.51.100.1"),
    ('"198.51.100.1:4711"', "198.51.100.1"),
    ("2001:db8::1", "2001:db8::1"),
    ("[2001:db8::1]", "2001:db8::1"),
    ('"[2001:db8::1]"', "2001:db8::1"),
    ('"[2001:db8::1]:4711"', "2001:db8::1"),
    ("unknown", "unknown"),
    ('"_hidden"', "_hidden"),
]


@pytest.mark.parametrize("mode", ["legacy", "modern"])
async def test_addresses_are_plain(tmp_path: Path, mode: str, subtests: pytest.Subtests) -> None:
    """An address with quotes, brackets or a port is the same address."""
    app = make(tmp_path, trusted_hops=1, proxy_mode=mode)
    for written, address in WRITTEN_ADDRESSES:
        with subtests.test(written=written):
            headers = {"X-Forwarded-For": f"192.0.2.66, {written}"}
            if mode == "modern":
                headers = {"Forwarded": f'for=192.0.2.66, For={written}; Proto=https;host="example.com:8443"'}
            seen = await ask(app, headers)
            assert seen["address"] == address
            if mode == "modern":
                assert (seen["scheme"], seen["host"]) == ("https", "example.com:8443")


@pytest.mark.parametrize(
    ("mode", "headers"),
    [
        ("modern", {name: lie for name, lie in LIES.items() if name.startswith("X-")}),
        ("legacy", {"Forwarded": LIES["Forwarded"]}),
    ],
)
async def test_only_one_kind_of_headers_is_believed(tmp_path: Path, mode: str, headers: dict[str, str]) -> None:
    """Only the configured kind of forwarding headers is read."""
    seen = await ask(make(tmp_path, trusted_hops=1, proxy_mode=mode), headers)
    assert seen == {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}


PRODUCTION = {"environment": "production", "secret_key": "a key that is long enough", "mail_url": "file:"}
NEAR = ["127.0.0.1", "::1", "10.0.0.7", "fd00::7", ""]


async def pass_on(app: Application, address: str, header: str) -> None:
    """Send a request twice from this address, with a header in which a proxy may name the client."""
    for _ in range(2):
        scope = {"client": (address, 1) if address else None}
        await stranger(app).get("/who", headers={header: "192.0.2.66"}, scope_base=scope)


async def test_an_unconfigured_proxy_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
) -> None:
    """In production a request through an unconfigured proxy is logged once."""
    for address, header in product(NEAR, ("X-Forwarded-For", "Forwarded")):
        with subtests.test(address=address, header=header):
            caplog.clear()
            await pass_on(make(tmp_path, **PRODUCTION), address, header)
            assert caplog.text.count("TRUSTED_HOPS is 0") == 1


async def test_no_other_proxy_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is logged in development, of a configured proxy, of other clients, and of other headers."""
    production, headers = make(tmp_path, **PRODUCTION), ("X-Forwarded-For", "Forwarded", "Accept")
    for app in (make(tmp_path), make(tmp_path, **PRODUCTION, trusted_hops=1)):
        for address, header in product([*NEAR, "8.8.8.8"], headers):
            await pass_on(app, address, header)
    for header in headers:
        await pass_on(production, "8.8.8.8", header)
    for address in NEAR:
        await pass_on(production, address, "Accept")
    assert "TRUSTED_HOPS is 0" not in caplog.text


FOREIGN_NAMES = ["evil.test", "example.com.evil.test", "notexample.com", "[::1", "a b", "", "é.test"]


@pytest.mark.parametrize("settings", [{}, {"trusted_hops": 1}])
async def test_foreign_names(tmp_path: Path, settings: dict[str, object], subtests: pytest.Subtests) -> None:
    """An unknown host name gets 400, for pages, files, unknown paths and websockets."""
    client = stranger(make(tmp_path, allowed_hosts=("example.com", ".example.org"), **settings))
    for host in FOREIGN_NAMES:
        with subtests.test(host=host):
            headers = {"Host": "example.com", "X-Forwarded-Host": host} if settings and host else {"Host": host}
            for path in ("/login", "/static/style.css", "/nowhere"):
                response = await client.get(path, headers=headers)
                assert response.status_code == 400
                assert "Set-Cookie" not in response.headers
                assert "Vary" not in response.headers
            with pytest.raises(WebsocketResponseError) as refused:
                async with client.websocket("/socket", headers=headers) as connection:
                    await connection.receive()
            assert refused.value.response.status_code == 400


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_urls_that_cannot_be_parsed(tmp_path: Path, kind: str) -> None:
    """A request line with a URL whose host is none is answered 400, and not by an error of the server."""
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    async def send(message: Any) -> None:
        sent.append(message)

    served: Any = make(tmp_path)
    scope = {"type": kind, "method": "GET", "path": "http://[", "query_string": b"", "headers": [(b"host", b"a.test")]}
    await served({**scope, "extensions": {"websocket.http.response": {}}}, receive, send)
    assert sent[0]["status"] == 400


async def test_our_names(tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Host names are compared without case and port; a leading dot includes subdomains."""
    client = stranger(make(tmp_path, allowed_hosts="example.com, .example.org"))
    for host in ("example.com", "EXAMPLE.com:8000", "a.example.org", "example.org"):
        with subtests.test(host=host):
            assert (await client.get("/login", headers={"Host": host})).status_code == 200
            async with client.websocket("/socket", headers={"Host": host, "Origin": f"http://{host}"}) as connection:
                assert host in str(await connection.receive())


OUR_ADDRESSES = [
    *(("[2001:db8::7]", 200), ("[2001:DB8:0::7]:8443", 200), ("[::1]", 200), ("[2001:db8::8]", 400)),
    *(("[:::]", 400), ("2001:db8::7", 400), ("example.com", 400)),
]


async def test_our_addresses(tmp_path: Path) -> None:
    """IPv6 addresses are allowed in brackets, however they are written, and with their allowing no name is."""
    client = stranger(make(tmp_path, allowed_hosts="[2001:db8:0:0::7], [::1]:8000"))
    for host, status in OUR_ADDRESSES:
        assert (await client.get("/login", headers={"Host": host})).status_code == status, host


async def test_any_name(tmp_path: Path) -> None:
    """Without configured names every valid host name is accepted."""
    client = stranger(make(tmp_path))
    for host, status in (("anything.test", 200), ("a b", 400), ("[::1", 400)):
        assert (await client.get("/login", headers={"Host": host})).status_code == status, host


@pytest.mark.parametrize("mode", ["legacy", "modern"])
async def test_websocket_behind_a_proxy(tmp_path: Path, mode: str, subtests: pytest.Subtests) -> None:
    """Websockets work, whichever scheme the proxy names."""
    client = stranger(make(tmp_path, trusted_hops=1, proxy_mode=mode, allowed_hosts=("example.com",)))
    for scheme in ("http", "https", "ws", "wss"):
        headers = {
            "legacy": {
                "X-Forwarded-For": "198.51.100.1",
                "X-Forwarded-Proto": scheme,
                "X-Forwarded-Host": "example.com",
            },
            "modern": {"Forwarded": f"for=198.51.100.1;proto={scheme};host=example.com"},
        }[mode]
        with subtests.test(scheme=scheme):
            async with client.websocket("/socket", headers={**headers, "Origin": "https://example.com"}) as socket:
                assert await socket.receive() == "198.51.100.1 example.com"


# --- below a path: X-Forwarded-Prefix


ODD_PREFIXES = [
    *("", "/", "sub", "//evil.test", "/../x", "/a/..", "/a//b", "/\\evil"),
    *("https://evil.test", "/a b", "/%2e%2e", "/a?b", "/a#b", "/\xe9"),
]


@pytest.mark.parametrize(
    ("settings", "mounts"),
    [
        ({}, {"/sub": ""}),
        (
            {"trusted_hops": 1},
            {"/sub": "/sub", "/sub/": "/sub", "/evil, /a/b.c": "/a/b.c", **dict.fromkeys(ODD_PREFIXES, "")},
        ),
        ({"trusted_hops": 2}, {"/evil, /sub, /inner": "/sub", "/sub": ""}),
        ({"trusted_hops": 1, "proxy_mode": "modern"}, {"/sub": ""}),
    ],
)
async def test_prefixes_of_proxies(
    tmp_path: Path, settings: dict[str, object], mounts: dict[str, str], subtests: pytest.Subtests
) -> None:
    """The application is mounted at the prefix of a trusted proxy, and at no other."""
    client = stranger(make(tmp_path, **settings))
    for sent, mount in mounts.items():
        with subtests.test(sent=sent):
            refused = await client.get("/account", headers={"X-Forwarded-Prefix": sent})
            assert refused.location == f"{mount}/login?next={quote(mount, safe='')}%2Faccount"
            headers = {"X-Forwarded-Prefix": sent, "Origin": "http://localhost"}
            async with client.websocket("/socket", headers=headers) as socket:
                assert str(await socket.receive()).endswith("localhost")


async def test_servers_of_the_api(tmp_path: Path) -> None:
    """The description of the API names the mount at which it is requested, whichever was requested first.

    Clients resolve the server's URL against that of the document, and append a path to it.
    """
    client = stranger(make(tmp_path, trusted_hops=1))
    for mount in ("/first", "", "/second"):
        answer = await client.get("/api/v1/openapi.json", headers={"X-Forwarded-Prefix": mount})
        (server,) = (await answer.get_json())["servers"]
        assert urljoin(f"https://a.test{mount}/api/v1/openapi.json", server["url"]) == f"https://a.test{mount}/api"
    answer = await client.get("/kept/api/v1/openapi.json", root_path="/kept")
    document = await answer.get_json()
    assert [server["url"] for server in document["servers"]] == ["/kept/api"]
    answers = [await client.get(f"/kept/api{path}", root_path="/kept") for path in document["paths"] if "{" not in path]
    assert {answer.status_code for answer in answers} == {200, 401, 405}


@pytest.mark.parametrize("mount", ["/sub", "/sub/"])
async def test_paths_beside_the_mount(tmp_path: Path, mount: str) -> None:
    """What only begins with the same letters as the mount is not the application's."""
    client = stranger(make(tmp_path))
    statuses = {
        path: (await client.get(path, root_path=mount)).status_code
        for path in ("/sub/login", "/sublogin", "/subway/login", "/subapi/v1/docs", "/sub", "/login", "/a/sub/login")
    }
    assert statuses == dict.fromkeys(statuses, 404) | {"/sub/login": 200}
    origin = {"Origin": "http://localhost"}
    async with client.websocket("/sub/socket", root_path="/sub", headers=origin) as socket:
        assert await socket.receive()
    with pytest.raises(WebsocketResponseError) as refused:
        async with client.websocket("/subsocket", root_path="/sub", headers=origin) as socket:
            await socket.receive()
    assert refused.value.response.status_code == 404
