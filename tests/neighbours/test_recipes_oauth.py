"""The recipe of docs/extensions.md for OAuth does what the page says."""

from __future__ import annotations

import base64
import hashlib
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from quart import Quart, request

from tests.neighbours.conftest import Recipe, body, browser


@pytest.fixture
def provider() -> Quart:
    """An OAuth provider that hands out one code, and checks the verifier."""
    app = Quart("provider")
    app.config["challenge"] = None

    @app.post("/token")
    async def token() -> Any:
        form = await request.form
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if form["code"] != "code" or base64.urlsafe_b64encode(digest).decode().rstrip("=") != app.config["challenge"]:
            return {"error": "invalid_grant"}, 400
        return {"access_token": "token", "token_type": "Bearer"}

    @app.get("/profile")
    async def profile() -> Any:
        return {"id": "susan"} if request.headers["Authorization"] == "Bearer token" else ({}, 401)

    return app


async def test_oauth_logs_in_whoever_began(recipe: Recipe, provider: Quart) -> None:
    """The callback logs in with the state of this browser, once; another state or none is refused."""
    from httpx2 import ASGITransport

    example = recipe("Authlib")
    example.AsyncOAuth2Client = partial(example.AsyncOAuth2Client, transport=ASGITransport(app=provider))

    @example.app.get("/me")
    @example.login_required
    async def me() -> str:
        return str(example.current_user.id)

    client = browser(example)
    begun = parse_qs(urlsplit((await client.get("/oauth")).location).query)
    provider.config["challenge"] = begun["code_challenge"][0]
    callback = f"/callback?code=code&state={begun['state'][0]}"

    another = browser(example)
    await another.get("/oauth")
    refused = [
        await browser(example).get(callback),
        await browser(example).get("/callback?code=code"),
        await another.get(callback),
    ]
    accepted = await client.get(callback)

    assert begun["code_challenge_method"] == ["S256"]
    assert [response.status_code for response in refused] == [400, 400, 400]
    assert accepted.status_code == 302
    assert await body(client, "/me") == "susan"
    assert (await client.get(callback)).status_code == 400
