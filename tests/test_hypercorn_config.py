"""hypercorn.toml has valid keys only: Hypercorn silently ignores a misspelt one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypercorn.config import Config

_FILE = Path(__file__).resolve().parents[1] / "hypercorn.toml"
_SETTINGS = tomllib.loads(_FILE.read_text())


@pytest.mark.parametrize("key", _SETTINGS)
def test_key_exists(key: str) -> None:
    """Each key of hypercorn.toml is one that Hypercorn has, and takes the value."""
    assert hasattr(Config(), key)
    assert getattr(Config.from_mapping(_SETTINGS), key) == _SETTINGS[key]


def test_every_key_is_explained() -> None:
    """Each key has a comment above it, if need be above its neighbours."""
    explained = False
    for line in _FILE.read_text().splitlines():
        if line.startswith("#"):
            explained = True
        elif not line:
            explained = False
        else:
            assert explained, line
