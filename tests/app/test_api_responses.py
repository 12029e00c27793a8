"""The responses of the API are those of its description, and all that it describes occur."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jsonschema_rs
import pytest

from quart_app.application import Application
from quart_app.defences.headers import SECURITY_HEADERS
from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.app.every_response import Operation, Sender, operations
from tests.app.program import Answer, Program

pytestmark = pytest.mark.fuzz

#: What every response of the site has, whatever it is, and the description does not repeat.
OF_THE_SITE = {*SECURITY_HEADERS, "content-type", "content-length", "cache-control", "vary"}


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """One database is enough: the responses are the same."""
    return migrated_sqlite_url


@asynccontextmanager
async def limited_to(requests: int, settings: Settings) -> AsyncIterator[Application]:
    """An application that allows an address this many requests."""
    limits = dict.fromkeys(("logins_per_minute", "registrations_per_hour", "mails_per_hour"), requests)
    app = create_app(settings.model_copy(update={"address_limits": True, **limits}))
    async with app.test_app():
        yield app


async def responses(operation: Operation, settings: Settings) -> dict[str, list[Answer]]:
    """The responses of an operation, by status."""
    found = defaultdict(list)
    async with limited_to(1000, settings) as app:
        async for answer in Sender(app, operation).all():
            found[str(answer.status)].append(answer)
    if "429" in operation.described["responses"]:
        async with limited_to(1, settings) as app:
            for _ in range(2):
                answer = await Program(app).send(operation.method, operation.path, operation.example)
                found[str(answer.status)].append(answer)
    return dict(found)


def check_body(answer: Answer, described: dict[str, Any], document: dict[str, Any]) -> None:
    """The body has the described type and fits its schema; where none is described, it is empty."""
    if "content" not in described:
        assert answer.text == ""
        return
    ((content_type, content),) = described["content"].items()
    assert answer.headers["Content-Type"] == content_type
    check_value(answer.json, content["schema"], document)


def check_headers(answer: Answer, described: dict[str, Any], document: dict[str, Any]) -> set[str]:
    """The headers are the described ones, with the described values; returns the names of those that need not be."""
    kinds = document["components"]["headers"]
    objects = {name: kinds[header["$ref"].rpartition("/")[2]] for name, header in described["headers"].items()}
    there = {name.lower() for name, _ in answer.headers} - OF_THE_SITE
    assert there <= {name.lower() for name in objects}
    assert {name.lower() for name, header in objects.items() if header.get("required")} <= there
    for name, header in objects.items():
        for value in answer.headers.getlist(name):
            is_number = header["schema"]["type"] == "integer"
            check_value(int(value) if is_number else value, header["schema"], document)
    return {name for name in objects if name.lower() in there}


def check_value(value: object, schema: dict[str, Any], document: dict[str, Any]) -> None:
    """A value fits a schema of the document."""
    jsonschema_rs.validator_for({**schema, "components": document["components"]}).validate(value)


async def test_the_responses_are_the_described_ones(settings: Settings) -> None:
    """Each status, header and body is described as it is, and each described status and header occurs."""
    async with limited_to(1000, settings) as app:
        document = (await Program(app).send("GET", "/openapi.json")).json
    described_headers, seen_headers = set(), set()
    for operation in operations(document):
        described = operation.described["responses"]
        found = await responses(operation, settings)
        unseen = {"500", "503"} if operation.name == "index" else set()  # it asks the database for nothing
        assert found.keys() == described.keys() - unseen, operation.name
        for status, answers in found.items():
            described_headers |= {(status, name) for name in described[status]["headers"]}
            for answer in answers:
                check_body(answer, described[status], document)
                seen_headers |= {(status, name) for name in check_headers(answer, described[status], document)}
    assert seen_headers == described_headers


async def test_headers_are_described_with_examples(settings: Settings) -> None:
    """The examples of headers fit their schemas."""
    async with limited_to(1000, settings) as app:
        document = (await Program(app).send("GET", "/openapi.json")).json
    for header in document["components"]["headers"].values():
        for example in header["schema"]["examples"]:
            check_value(example, header["schema"], document)
