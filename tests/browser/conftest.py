from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import HOW_TO_GET_IT, find_chromium
from tests.browser.server import serve


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program. Without it the test is skipped, but never in CI."""
    program = find_chromium()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    return program


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where a server of the test's own, with an empty database, can be reached."""
    with serve(tmp_path) as address:
        yield address
