"""A server whose operator forgot ``ENVIRONMENT`` is not development without a word, and test users stay out."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from quart.cli import ScriptInfo, cli
from sqlalchemy import func, select
from werkzeug.security import generate_password_hash

from quart_app.accounts.password_rules import TEST_PASSWORD
from quart_app.application import Application
from quart_app.configuration import ConfigurationError, check_environment
from quart_app.database import current_database
from quart_app.factory import create_app
from quart_app.migrations.errors import EnvironmentForgotten
from quart_app.models.user import User
from quart_app.settings import Settings
from tests.app.log_lines import logging_of_a_worker, read_lines
from tests.app.visitor import PASSWORD, Visitor
from tests.checks.tally import Tally
from tests.checks.test_enumeration import WRONG, anonymous
from tests.checks.test_enumeration import hashes as hashes

ROOT = Path(__file__).parents[2]
POSTGRESQL = "postgresql://susan:crEt@127.0.0.1/microblog"
KEY = "a key that is long enough"
REFUSED: list[dict[str, str]] = [
    {"SECRET_KEY": KEY, "DATABASE_URL": POSTGRESQL, "TRUSTED_HOPS": "1", "ALLOWED_HOSTS": "example.com"},
    {"TRUSTED_HOPS": "1"},
    {"ALLOWED_HOSTS": "localhost,example.com"},
    {"SECRET_KEY": KEY, "DATABASE_URL": POSTGRESQL},
    {"SECRET_KEY": KEY, "REDIS_URL": "redis://127.0.0.1"},
    {"DATABASE_URL": POSTGRESQL, "METRICS_TOKEN": "a token that is long enough"},
]
WARNED_OF: list[dict[str, str]] = [
    {"SECRET_KEY": KEY},
    {"DATABASE_URL": POSTGRESQL},
    {"REDIS_URL": "redis://127.0.0.1", "ALLOWED_HOSTS": "localhost,.test,127.0.0.1,[::1]"},
]


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell without ``ENVIRONMENT``."""
    monkeypatch.delenv("ENVIRONMENT", raising=False)


@pytest.mark.check(35)
@pytest.mark.quick
@pytest.mark.usefixtures("forgotten")
def test_what_looks_like_production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tally: Tally) -> None:
    """It is refused, or warned of, in a sentence with the settings and the way out; a stated environment is not."""
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path))
    tally.count(check_environment(Settings()) is None, "nothing is set")
    for variables in (*REFUSED, *WARNED_OF):
        with monkeypatch.context() as shell:
            for name, value in variables.items():
                shell.setenv(name, value)
            try:
                told = check_environment(Settings()) or ""
                create_app()
            except ConfigurationError as error:
                told = str(error)
                tally.count(variables in REFUSED, f"{variables} is refused")
            else:
                tally.count(variables in WARNED_OF, f"{variables} is not refused")
            named = [name for name in variables if "localhost,." not in variables[name]]
            tally.count(all(name in told for name in (*named, "ENVIRONMENT=production")), told)
            tally.count(KEY not in told and "crEt" not in told, told)
            shell.setenv("ENVIRONMENT", "development")
            tally.count(check_environment(Settings()) is None, f"{variables}, as stated development")


@pytest.mark.check(35)
@pytest.mark.quick
@pytest.mark.usefixtures("forgotten")
def test_what_the_server_adds(tally: Tally) -> None:
    """A certificate is enough; an address that others can reach counts as one of two signs."""
    settings, with_key = Settings(), Settings(secret_key=SecretStr(KEY))
    for address in ("127.0.0.1:8000", "[::1]:8000", "localhost:8000", "fd://3"):
        tally.count(check_environment(settings, listens_at=[address]) is None, address)
    for address in ("0.0.0.0:8000", "[::]:8000", "192.0.2.1:80", "unix:/run/microblog.sock"):
        tally.count(address in (check_environment(settings, listens_at=[address]) or ""), address)
        with pytest.raises(ConfigurationError, match="SECRET_KEY, the address"):
            check_environment(with_key, listens_at=[address])
    with pytest.raises(ConfigurationError, match="certfile"):
        check_environment(settings, has_certificate=True)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({**REFUSED[0], "ENVIRONMENT": None}, "ENVIRONMENT is not set, and this looks like production: TRUSTED_HOPS=1"),
        ({"ENVIRONMENT": "production"}, "SECRET_KEY is required in production"),
        ({"ENVIRONMENT": "staging"}, "ENVIRONMENT: Input should be 'development' or 'production'."),
    ],
)
@pytest.mark.check(35)
def test_before_a_socket_is_opened(variables: dict[str, str | None], told: str, tmp_path: Path, tally: Tally) -> None:
    """The server and the commands end with one line and status 1; at a port in use, a socket would give status 2."""
    shell = {**os.environ, "INSTANCE_PATH": str(tmp_path), **variables}
    environment = {name: value for name, value in shell.items() if value is not None}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in (
            ["quart_app.serve", f"--bind=127.0.0.1:{port}"],
            ["quart", "--app", "quart_app", "db", "check"],
        ):
            done = subprocess.run(  # noqa: S603 - our own commands
                [sys.executable, "-m", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
            case = f"{command}: {done.returncode}, {done.stderr}"
            tally.count(done.returncode == 1 and done.stderr.count("\n") == 1 and told in done.stderr, case)


def _run(settings: Settings, *arguments: str) -> tuple[int, str]:
    """Run a command as an operator: its exit status, and what it told."""
    result = CliRunner().invoke(cli, arguments, obj=ScriptInfo(create_app=lambda: create_app(settings)))
    return result.exit_code, result.output


async def _users(app: Application) -> int:
    async with current_database.of(app).session() as session:
        return await session.scalar(select(func.count(User.id))) or 0


@pytest.fixture
def production(settings: Settings) -> Settings:
    """Those of a server in production, with the test's own cheap hash."""
    return settings.model_copy(update={"environment": "production", "secret_key": SecretStr(KEY)})


@pytest.mark.check(35)
@pytest.mark.quick
async def test_test_users_stay_out_of_production(settings: Settings, production: Settings, tally: Tally) -> None:
    """The database knows that it is production's: ``seed`` is refused, and no server without the variable uses it."""
    forgotten = settings.model_copy()
    forgotten.model_fields_set.discard("environment")
    shells = {"production": production, "development": settings, "nothing": forgotten}
    seed: Callable[[Settings], tuple[int, str]] = lambda shell: _run(shell, "seed", "--users", "1")  # noqa: E731

    status, told = await asyncio.to_thread(seed, settings)
    tally.count(status == 0, told)
    app = create_app(production)
    async with app.test_app():
        before = await _users(app)
        for name, shell in shells.items():
            status, told = await asyncio.to_thread(seed, shell)
            tally.count(status == 1 and "used in production" in told, f"{name}: {told}")
        tally.count(await _users(app) == before, "nobody was added")
    with pytest.raises(EnvironmentForgotten, match=r"ENVIRONMENT is not set.*Set ENVIRONMENT=production"):
        await create_app(forgotten).startup()


@pytest.mark.check(35)
@pytest.mark.quick
async def test_the_published_password_is_wrong(
    production: Settings, hashes: list[str], capfd: pytest.CaptureFixture[str], tally: Tally
) -> None:
    """In production it is refused like any wrong one, for the same hash, by pages and API; the log has the reason."""
    weak, other = (generate_password_hash(password, "pbkdf2:sha256:1") for password in (TEST_PASSWORD, PASSWORD))
    production = production.model_copy(update={"password_method": "pbkdf2:sha256:2"})
    capfd.readouterr()  # of another test's log
    with logging_of_a_worker(json=True):
        app = create_app(production)
        async with app.test_app():
            async with current_database.of(app).session() as session:
                for name, password_hash in (("user1", weak), ("susan", other)):
                    user = User(username=name, email=f"{name}@example.com")
                    user.password_hash = password_hash
                    session.add(user)
                await session.commit()
            pages, answers = [], []
            for name, password in (("user1", WRONG), ("user1", TEST_PASSWORD), ("nobody", TEST_PASSWORD)):
                pages.append(anonymous(await Visitor(app).login(name, password)))
                credentials = {"username": name, "password": password}
                hashes.clear()
                answer = await Visitor(app).client.post("/api/v1/sessions", json=credentials)
                answers.append((answer.status_code, await answer.get_data(as_text=True)))
                rounds = sum(int(method.rpartition(":")[2]) for method in hashes)
                tally.count(rounds == 2, f"{name}, {password}: {hashes}")
            tally.count(len(set(map(repr, pages))) == 1, pages)
            tally.count(len(set(answers)) == 1 and answers[0][0] == 401, answers)
            susan = Visitor(app)
            await susan.login()
            tally.count(await susan.is_in(), "another password logs in")
            refused = await Visitor(app).register("joe", email="joe@example.com", password=TEST_PASSWORD)
            tally.count(refused.status == 200, "nobody can choose it")
        failed = [line for line in read_lines(capfd) if line["event"] == "login failed"]
    reasons = [line["reason"] for line in failed]
    tally.count(reasons == [*2 * ["wrong"], *2 * ["published"], *2 * ["unknown"]], reasons)
