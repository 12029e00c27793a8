"""An application that the server has not started says so, once, instead of failing in some view."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from quart import Quart

from compat import ConfigurationError, DurationError

from .site import Site, text


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged about the start."""
    return [one.getMessage() for one in caplog.records if "has not started" in one.getMessage()]


def make_tables(app: Quart) -> None:
    """Have the application do something at its start, in both of Quart's ways."""

    @app.before_serving
    async def create_tables() -> None:
        pass

    @app.while_serving
    async def keep_connections() -> AsyncGenerator[None]:
        yield


async def test_the_first_request_names_what_did_not_run(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Without ASGI's lifespan events there is one warning, with the functions that did not run, and the way out."""
    make_tables(site.app)

    for _ in range(2):
        assert await text(site.client(), "/whoami") == "nobody"

    (warning,) = warnings(caplog)
    assert "did not run: create_tables, keep_connections." in warning
    assert "await app.startup()" in warning


async def test_the_first_websocket_names_it_too(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The same in a websocket."""
    make_tables(site.app)

    @site.app.websocket("/socket")
    async def socket() -> None:
        pass

    for _ in range(2):
        async with site.client().websocket("/socket"):
            pass

    assert len(warnings(caplog)) == 1


async def test_a_started_application_is_silent(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """After ``before_serving`` has run there is no warning."""
    make_tables(site.app)

    async with site.app.test_app():
        await text(site.client(), "/whoami")

    assert warnings(caplog) == []


async def test_an_application_that_does_nothing_at_its_start_is_silent(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing was to run, as in most tests, nothing is missing."""
    await text(site.client(), "/whoami")

    assert warnings(caplog) == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("SESSION_PROTECTION", True),
        ("SESSION_IDENTIFIER", "0.7"),
        ("REMEMBER_COOKIE_ISSUE", "flask_login"),
        ("REMEMBER_COOKIE_ACCEPT", ["flask_login"]),
        ("REMEMBER_COOKIE_DURATION", "365"),
        ("FRESH_LOGIN_DURATION", "1h"),
    ],
)
async def test_a_wrong_setting_is_found_at_the_start(setting: str, value: Any) -> None:
    """A setting that would fail at the first login, or switch a protection off, is an error that names it."""
    site = Site(**{setting: value})
    with pytest.raises((ConfigurationError, DurationError), match=setting):
        await site.app.startup()
