"""The environment with the servers, made once and kept in pytest's cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.services.environments import make_environment

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


@pytest.fixture(scope="session")
def programs(pytestconfig: pytest.Config) -> Path:
    """The folder with the programs of an environment that has the servers, in the versions of requirements.txt."""
    return make_environment(pytestconfig.cache.mkdir("servers"), REQUIREMENTS)
