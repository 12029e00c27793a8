"""docs/operations.md and docs/deployment: what they say about the application is so."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from hypercorn.config import Config

from quart_app.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DEPLOYMENT = DOCS / "deployment"
SETTINGS = {name.upper() for name in Settings.model_fields}


def test_every_setting_has_a_row() -> None:
    """The table of settings names each one once, and nothing else."""
    named = re.findall(r"^\| `([A-Z_]+)` \|", (DOCS / "operations.md").read_text(), re.MULTILINE)
    assert sorted(SETTINGS - set(named)) == [], "not in the table"
    assert sorted(set(named) - SETTINGS) == [], "no such setting"
    assert len(named) == len(set(named))


@pytest.mark.parametrize("file", ["microblog.service", "supervisord.conf", "Containerfile"])
def test_they_start_the_supervisor(file: str) -> None:
    """Not Hypercorn alone, which ends when a worker is killed."""
    assert re.search(r"-m[\", ]+quart_app\.serve", _text(file))


@pytest.mark.parametrize("file", ["microblog.service", "supervisord.conf", "compose.yaml"])
def test_they_wait_for_the_workers(file: str) -> None:
    """Who stops the server gives it longer to do so than hypercorn.toml does."""
    config = Config.from_toml(ROOT / "hypercorn.toml")
    limit = re.search(r"^ *(?:TimeoutStopSec=|stopwaitsecs=|stop_grace_period: )(\d+)", _text(file), re.MULTILINE)
    assert limit
    assert int(limit[1]) > config.graceful_timeout + config.shutdown_timeout


@pytest.mark.parametrize(
    ("file", "always"),
    [
        ("microblog.service", ("Service", "Restart", "always")),
        ("supervisord.conf", ("program:microblog", "autorestart", "true")),
    ],
)
def test_whatever_the_exit_status(file: str, always: tuple[str, str, str]) -> None:
    """They start the server again also after exit status 0."""
    section, key, value = always
    parser = ConfigParser(strict=False, interpolation=None, inline_comment_prefixes=None)
    parser.read(DEPLOYMENT / file)
    assert parser[section][key] == value


def _text(file: str) -> str:
    return (DEPLOYMENT / file).read_text()
