"""The application, mounted by another framework: as it is, and started in the framework's own lifespan."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from tests.servers.application import app


@asynccontextmanager
async def lifespan(_outer: Starlette) -> AsyncGenerator[None]:
    """Start and stop the mounted application."""
    await app.startup()
    yield
    await app.shutdown()


routes = [Mount("/app", app)]
not_started = Starlette(routes=routes)
started = Starlette(routes=routes, lifespan=lifespan)
