"""Strangers on the internet, who look for probes, metrics and the description of the API behind the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quart_app.operation.endpoints import PATHS
from tests.checks.proxy import ELSEWHERE, HERE, proxy
from tests.checks.tally import Tally
from tests.serving.server import Server, serve

TOKEN = {"Authorization": "Bearer a token for this test"}
CLOSED = [*sorted(PATHS), "/api/v1/docs", "/api/v1/openapi.json", "/api/v1/asyncapi.json"]
#: Other ways to write some of them.
VARIANTS = [
    *("/healthz?x=1", "//healthz", "/./healthz", "/x/../healthz", "/%68ealthz", "/healthz/", "/HEALTHZ", "/metrics?"),
    *("/api//v1/docs", "/api/v1/%64ocs", "/api%2Fv1/docs", "/api/v1/docs/", "/api/v1/./openapi.json"),
    *("/api/v1/openapi%2Ejson", "/api/v1/me/../docs", "/api/v1/me/%2E%2E/docs", "http://example.com/healthz"),
]
POSING = [
    {name: value}
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Original-URL")
    for value in (HERE, f"for={HERE}", "/login")
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application in production, with a proxy in front of it."""
    environment = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "a key for this test alone",
        "MAIL_URL": "file:",
        "ALLOWED_HOSTS": "example.com",
        "TRUSTED_HOPS": "1",
        "METRICS_TOKEN": TOKEN["Authorization"].removeprefix("Bearer "),
        "UPGRADE_AT_START": "true",
    }
    with serve(tmp_path_factory.mktemp("server"), environment=environment) as server:
        yield server


@pytest.mark.check(37)
@pytest.mark.parametrize("file", ["nginx.conf", "side-by-side.conf", "Caddyfile"])
def test_closed_paths(file: str, server: Server, tmp_path: Path, tally: Tally) -> None:
    """They are open to this machine and answered 403 to others, however the path is written; pages are open to all."""
    with proxy(file, tmp_path, server.port) as running:
        for path in CLOSED:
            seen = running.status(path, client=HERE, headers=TOKEN)
            tally.count(seen == 200, f"{path} from this machine: {seen}")
        for path in [*CLOSED, *(f"/new{path}" for path in CLOSED if file == "side-by-side.conf")]:
            for method in ("GET", "HEAD", "POST"):
                seen = running.status(path, client=ELSEWHERE, method=method, headers=TOKEN)
                tally.count(seen == 403, f"{method} {path} from elsewhere: {seen}")
            for posing in POSING:
                seen = running.status(path, client=ELSEWHERE, headers={**TOKEN, **posing})
                tally.count(seen == 403, f"{path} from elsewhere with {posing}: {seen}")
        for path in VARIANTS:
            seen = running.status(path, client=ELSEWHERE, headers=TOKEN)
            tally.count(seen in (400, 403, 404), f"{path} from elsewhere: {seen}")
        for path in ("/login", "/register", "/static/style.css"):
            seen = running.status(path, client=ELSEWHERE)
            tally.count(seen == 200, f"{path} from elsewhere: {seen}")
        tally.count(running.status("/api/v1/me", client=ELSEWHERE) == 401, "the API")
