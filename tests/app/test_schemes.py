"""What the log tells where the scheme of requests does not fit the cookies."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from quart.testing import QuartClient

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.visitor import Visitor

HTTP = "it came over http without a session cookie"
HTTPS = "A request came over https, and this is development"


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """Nothing here is about the database."""
    return migrated_sqlite_url


def told(caplog: pytest.LogCaptureFixture, text: str) -> int:
    """How many warnings have this in them."""
    return sum(text in record.getMessage() for record in caplog.records if record.levelname == "WARNING")


async def post(app: Application, path: str, scheme: str = "http", headers: dict[str, str] | None = None) -> int:
    """Send a form without a token and without cookies."""
    client = QuartClient(app)
    answer = await client.post(path, form={"username": "susan"}, scheme=scheme, headers=headers)
    return answer.status_code


async def test_production_over_http(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """The first form that is refused is told once, with the way out; the API, https and links are not."""
    production = {"environment": "production", "secret_key": SecretStr("a key that is long enough")}
    app = create_app(settings.model_copy(update=production))
    async with app.test_app():
        await Visitor(app).get("/login")
        assert await post(app, "/login", scheme="https") == 403
        assert await post(app, "/api/v1/sessions") != 200
        known = Visitor(app)
        await known.get("/login")
        assert (await known.post("/login", {"username": "susan"})).status == 403
        assert told(caplog, HTTP) == 0
        for _ in range(3):
            assert await post(app, "/login") == 403
        assert told(caplog, HTTP) == 1
        assert told(caplog, "set TRUSTED_HOPS") == 1
        assert told(caplog, HTTPS) == 0


@pytest.mark.parametrize(("secure", "warnings"), [(None, 1), (False, 1), (True, 0)])
async def test_development_over_https(
    settings: Settings, caplog: pytest.LogCaptureFixture, secure: bool | None, warnings: int
) -> None:
    """It is told once, unless the cookies are ``Secure`` by their own setting; over http nothing is."""
    app = create_app(settings.model_copy(update={"session_cookie_secure": secure}))
    async with app.test_app():
        assert await post(app, "/login") == 403
        assert told(caplog, HTTP) == told(caplog, HTTPS) == 0
        for _ in range(3):
            assert await post(app, "/login", scheme="https") == 403
        assert (told(caplog, HTTP), told(caplog, HTTPS)) == (0, warnings)
