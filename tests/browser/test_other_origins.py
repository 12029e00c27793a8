"""A page of another origin, and one that a proxy puts behind the site's own, use the API and the websocket."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.redirector import redirect_to
from tests.browser.server import ROOT, serve
from tests.browser.steps import PASSWORD, log_in, register
from tests.checks.proxy import NAME, proxy
from tests.docs.pages import blocks
from tests.serving.server import serve as serve_in_earnest

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SUSAN = {"username": "susan", "email": "susan@example.com", "password": PASSWORD}
HENRY = {**SUSAN, "username": "henry", "email": "henry@example.com"}
REFUSED = "TypeError"
_FETCH = """async ([url, method, content, token, options]) => {
  const headers = {};
  if (content !== null) headers["Content-Type"] = "application/json";
  if (token !== null) headers["Authorization"] = `Bearer ${token}`;
  const body = content === null ? undefined : JSON.stringify(content);
  try {
    const answer = await fetch(url, { method, headers, body, ...options });
    const text = await answer.text();
    return {
      status: answer.status,
      json: text === "" ? null : JSON.parse(text),
      headers: Object.fromEntries(answer.headers),
    };
  } catch (error) {
    return { refused: error.name };
  }
}"""
_OPEN = """([url, protocols]) => new Promise((resolve) => {
  const socket = new WebSocket(url, protocols);
  socket.onmessage = (event) => { resolve([socket.protocol, ...JSON.parse(event.data).names]); socket.close(); };
  socket.onerror = () => resolve("refused");
})"""


async def send(
    page: Page, url: str, method: str = "GET", content: object = None, token: str | None = None, **options: str
) -> dict[str, Any]:
    """The answer to ``fetch`` by the script of a page, as far as the browser lets it read that."""
    answer: dict[str, Any] = await page.evaluate(_FETCH, [url, method, content, token, options])
    return answer


async def open_websocket(page: Page, url: str, *protocols: str) -> Any:
    """The subprotocol and the first message of a websocket that a page opens; "refused" if it cannot."""
    return await page.evaluate(_OPEN, [f"{url.replace('http', 'ws', 1)}/live/ws", list(protocols)])


async def test_a_page_of_another_origin(browser: Browser, tmp_path: Path) -> None:
    """It registers, logs in by token, opens the websocket and logs out; the site's cookies never count."""
    async with redirect_to([]) as listed, redirect_to([]) as unlisted:
        # Both are on the host of the site, so the browser sends its cookies wherever it can: ports do not matter.
        with serve(tmp_path, API_ALLOWED_ORIGINS=listed) as address:
            api = f"{address}/api/v1"
            page = await browser.new_page()
            await register(page, address, "henry")
            await log_in(page, "henry")

            await page.goto(f"{listed}/")
            assert (await send(page, f"{api}/users", "POST", SUSAN))["status"] == 201
            answer = await send(page, f"{api}/sessions", "POST", {**SUSAN, "kind": "bearer"})
            assert {"ratelimit-remaining", "x-request-id"} < set(answer["headers"])
            token = answer["json"]["token"]
            assert (await send(page, f"{api}/me", token=token))["json"]["username"] == "susan"
            assert (await send(page, f"{api}/nowhere", token=token))["status"] == 404
            assert await open_websocket(page, address, "bearer", token) == ["bearer", "susan"]

            # As henry, whose cookies are in the browser, it can do nothing.
            assert (await send(page, f"{api}/me"))["status"] == 401
            assert await send(page, f"{api}/me", credentials="include") == {"refused": REFUSED}
            assert await send(page, f"{api}/sessions", "DELETE", credentials="include") == {"refused": REFUSED}
            assert (await send(page, f"{api}/sessions", "POST", SUSAN))["status"] == 403
            assert await open_websocket(page, address) == "refused"
            assert await open_websocket(page, address, "bearer", "x") == "refused"

            await page.goto(f"{unlisted}/")
            assert await send(page, f"{api}/me", token=token) == {"refused": REFUSED}
            assert await send(page, f"{api}/users", "POST", SUSAN) == {"refused": REFUSED}
            assert await open_websocket(page, address, "bearer", token) == "refused"

            await page.goto(f"{listed}/")
            assert (await send(page, f"{api}/sessions/current", "DELETE", token=token))["status"] == 204
            assert (await send(page, f"{api}/me", token=token))["status"] == 401
            await page.goto(f"{address}/index")
            assert await page.title() == "Home - Microblog"


async def test_the_script_of_the_documentation(browser: Browser, tmp_path: Path) -> None:
    """The script of docs/json-api.md, on a page of an allowed origin, logs in and opens the websocket."""
    (script,) = blocks(ROOT / "docs" / "json-api.md", "javascript")
    async with redirect_to([]) as listed:
        with serve(tmp_path, API_ALLOWED_ORIGINS=listed) as address:
            page = await browser.new_page()
            await page.goto(f"{listed}/")
            susan = {**SUSAN, "password": "a fine day for a walk"}
            assert (await send(page, f"{address}/api/v1/users", "POST", susan))["status"] == 201
            code = script.code.replace("https://example.com", address)
            code = code.replace("wss://example.com", address.replace("http", "ws", 1))
            message = await page.evaluate(
                f"async () => {{ {code}\n"
                "return await new Promise((resolve) => { socket.onmessage = (event) => resolve(event.data); }); }"
            )
    assert json.loads(message) == {"count": 1, "names": ["susan"]}


async def test_a_page_behind_the_same_origin(browser: Browser, tmp_path: Path) -> None:
    """With the location of docs/operations.md a page of another server uses the cookies of the site, as its own do."""
    found = re.search(
        r"```nginx\n(location /app/ {.*?^})", (ROOT / "docs/operations.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert found
    environment = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "a key for this test alone",
        "MAIL_URL": "file:",
        "PASSWORD_METHOD": "scrypt:32768:8:3",
        "ALLOWED_HOSTS": NAME,
        "TRUSTED_HOPS": "1",
        "UPGRADE_AT_START": "true",
    }
    (tmp_path / "server").mkdir()
    async with redirect_to([]) as of_the_page:
        location = found[1].replace("http://127.0.0.1:3000", of_the_page)
        changes = {"    location / {": f"{location}\n    location / {{"}
        with (
            serve_in_earnest(tmp_path / "server", environment=environment) as server,
            proxy("nginx.conf", tmp_path, server.port, changes=changes) as running,
        ):
            origin = f"https://{NAME}:{running.port}"
            page = await (await browser.new_context(ignore_https_errors=True)).new_page()
            await page.goto(f"{origin}/app/")
            assert (await send(page, "/api/v1/users", "POST", HENRY))["status"] == 201
            assert (await send(page, "/api/v1/sessions", "POST", {**HENRY, "kind": "session"}))["status"] == 201
            assert (await send(page, "/api/v1/me"))["json"]["username"] == "henry"
            assert await open_websocket(page, origin) == ["", "henry"]
            assert (await send(page, "/api/v1/sessions/current", "DELETE"))["status"] == 204
            assert (await send(page, "/api/v1/me"))["status"] == 401
