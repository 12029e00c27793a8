"""Fixtures of mails: a mail server, and a sender that a test moves step by step."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from quart_app.application import Application
from tests.app.conftest import Clock
from tests.app.conftest import app as app
from tests.app.conftest import clock as clock
from tests.app.conftest import database_url as database_url
from tests.app.conftest import long_postgresql_timeouts as long_postgresql_timeouts
from tests.app.conftest import long_waiting_time as long_waiting_time
from tests.app.conftest import migrated_postgresql as migrated_postgresql
from tests.app.conftest import migrated_postgresql_url as migrated_postgresql_url
from tests.app.conftest import migrated_sqlite_url as migrated_sqlite_url
from tests.app.conftest import settings as settings
from tests.app.conftest import sqlite_template as sqlite_template
from tests.app.conftest import visitor as visitor
from tests.mail.mail_server import MailServer, run_mail_server
from tests.mail.post_office import PostOffice


@pytest.fixture(scope="session")
def mail_server_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """A mail server for all tests."""
    with run_mail_server(tmp_path_factory.mktemp("mails")) as server:
        yield server


@pytest.fixture
def mail_server(mail_server_process: MailServer) -> MailServer:
    """A mail server without faults and mails."""
    mail_server_process.reset()
    return mail_server_process


@pytest.fixture
async def office(clock: Clock, app: Application) -> AsyncIterator[PostOffice]:
    """An application in whose context the test runs, which sends mails to a list, when the test says so.

    The clock is moved, not waited for.
    """
    async with app.app_context():
        yield PostOffice(app)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log of a server."""
    caplog.set_level(logging.INFO, "quart_app")
    return caplog
