"""Fixtures of this folder."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all Quart applications: the tests are plain functions, as hypothesis calls them."""
    with asyncio.Runner() as runner:
        yield runner
