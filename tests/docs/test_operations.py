"""docs/operations.md and docs/deployment agree with the application."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from click import Group
from hypercorn.config import Config
from prometheus_client.parser import text_string_to_metric_families

from quart_app import waiting_time
from quart_app.accounts import passwords
from quart_app.database import connection_limiter, postgresql, sqlite
from quart_app.defences import rate_limit_redis
from quart_app.factory import create_app
from quart_app.operation.events import Event, Reason
from quart_app.operation.metrics import Metrics
from quart_app.settings import Settings

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DEPLOYMENT = DOCS / "deployment"
OPERATIONS = (DOCS / "operations.md").read_text()
SETTINGS = {name.upper() for name in Settings.model_fields}


def test_every_setting_has_a_row() -> None:
    """The table of settings has each setting once, and no other."""
    named = re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS, re.MULTILINE)
    assert sorted(SETTINGS - set(named)) == [], "not in the table"
    assert sorted(set(named) - SETTINGS) == [], "no such setting"
    assert len(named) == len(set(named))


def test_every_event_has_a_row() -> None:
    """The table of events has each event and each reason."""
    for word in [*Event, *Reason]:
        assert f"`{word}`" in OPERATIONS


def test_every_metric_has_a_row() -> None:
    """The table of metrics has each metric once, and no other."""
    named = re.findall(r"^\| `([a-z]+_[a-z_]+)` \|", OPERATIONS, re.MULTILINE)
    families = text_string_to_metric_families(Metrics().as_text().decode())
    real = {family.name + "_total" * (family.type == "counter") for family in families}
    assert sorted(named) == sorted(name for name in real if not name.endswith("_created"))


def test_every_command_is_shown() -> None:
    """Each command for operators is on the page."""
    app = create_app({"secret_key": "only for this test", "database_url": "sqlite:////nowhere"})
    shown = set(re.findall(r"^quart --app quart_app ([a-z]+(?: [a-z][a-z-]*)?)", OPERATIONS, re.MULTILINE))
    for name, command in app.cli.commands.items():
        parts = {f"{name} {part}" for part in command.commands} if isinstance(command, Group) else {name}
        assert parts - shown <= {"db revision", "schema"}, name


def test_time_limits_are_those_of_the_code() -> None:
    """The table of time limits has the numbers of the code, in seconds."""
    section = OPERATIONS.partition("## Time limits")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| ([^|:]+).* \| (.+) \| .+ \|$", section, re.MULTILINE))
    in_all = waiting_time.WAITING_TIME
    numbers = {
        "all rows up to the first of *the client*, together": [in_all],
        "other passwords": [in_all - passwords.DATABASE_SHARE, passwords.DATABASE_SHARE],
        "a hash that has begun": [passwords.HASH_TIMEOUT],
        "a free database connection": [connection_limiter.ACQUIRE_TIMEOUT, postgresql.Postgresql.stall_timeout],
        "SQLite": [sqlite.BUSY_TIMEOUT / 1000],
        "Redis": [rate_limit_redis.COUNT_TIMEOUT],
        "the handshake of a websocket": [in_all],
        "**the client": [Settings.model_fields["body_timeout"].default],
    }
    for what, expected in numbers.items():
        assert [float(number) for number in re.findall(r"[\d.]*\d", rows[what])] == expected, what


def test_proxy_passes_the_websocket() -> None:
    """The path that nginx upgrades is that of the websocket."""
    (path,) = re.findall(r"location = (\S+) {[^}]*Upgrade", _text("nginx.conf"))
    app = create_app({"secret_key": "only for this test", "database_url": "sqlite:////nowhere"})
    assert path in {rule.rule for rule in app.url_map.iter_rules() if rule.websocket}


@pytest.mark.parametrize("file", ["microblog.service", "supervisord.conf", "Containerfile"])
def test_they_start_the_supervisor(file: str) -> None:
    """Deployment files start the supervisor, not Hypercorn alone, which ends when a worker is killed."""
    assert re.search(r"-m[\", ]+quart_app\.serve", _text(file))


@pytest.mark.parametrize("file", sorted(file.name for file in DEPLOYMENT.iterdir()))
def test_they_are_for_production(file: str) -> None:
    """Each file that starts the application, or names its settings, sets or names ``ENVIRONMENT=production``."""
    text = _text(file)
    if re.search(r"quart_app|SECRET_KEY|TRUSTED_HOPS|ALLOWED_HOSTS", text):
        assert re.search(r"\bENVIRONMENT(?:=|: ?)\"?production\b", text)


def test_compose_is_yaml() -> None:
    """compose.yaml can be read, and gives the application settings that exist."""
    services = yaml.safe_load(_text("compose.yaml"))["services"]
    assert services.keys() == {"app", "database", "redis"}
    assert services["app"]["environment"].keys() - SETTINGS == set()


@pytest.mark.parametrize("file", ["microblog.service", "supervisord.conf", "compose.yaml"])
def test_they_wait_for_the_workers(file: str) -> None:
    """Deployment files wait longer for the end than hypercorn.toml's timeouts."""
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
    """Deployment files restart the server after exit status 0, too."""
    section, key, value = always
    parser = ConfigParser(strict=False, interpolation=None, inline_comment_prefixes=None)
    parser.read(DEPLOYMENT / file)
    assert parser[section][key] == value


def _text(file: str) -> str:
    return (DEPLOYMENT / file).read_text()
