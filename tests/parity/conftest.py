"""Fixtures of this folder."""

import asyncio
from collections.abc import Iterator

import pytest

from .loops import Loop, asyncio_loop


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """One event loop for all Quart applications: the tests are plain functions, as hypothesis calls them."""
    with asyncio.Runner() as runner:
        yield asyncio_loop(runner)
