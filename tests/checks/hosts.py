"""Several hosts of one site: a common database and key, but each with its own settings and clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import Visitor


@asynccontextmanager
async def host(settings: Settings, key: str = "the key of the site", *fallbacks: str) -> AsyncIterator[Application]:
    """A host that has started."""
    keys = {"secret_key": SecretStr(key), "secret_key_fallbacks": tuple(map(SecretStr, fallbacks))}
    app = create_app(settings.model_copy(update=keys))
    async with app.test_app():
        yield app


def at(host: Application, visitor: Visitor) -> Visitor:
    """The same browser at another host."""
    moved = Visitor(host, visitor.agent)
    for cookie in visitor.client.cookie_jar or ():
        assert moved.client.cookie_jar is not None
        moved.client.cookie_jar.set_cookie(cookie)
    return moved
