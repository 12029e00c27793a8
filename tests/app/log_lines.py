"""The log, as those who run the application read it."""

from __future__ import annotations

import json
from typing import Any

import pytest


def read_lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was written since the last time, each line read as JSON."""
    return [json.loads(line) for line in capfd.readouterr().err.splitlines()]
