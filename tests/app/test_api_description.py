"""The description of the API, as OpenAPI and as a page, agrees with the API."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from quart.testing import QuartClient

from quart_app.application import Application
from quart_app.errors.problems import PROBLEM_TYPES
from tests.app.logged_in import log_in_as_new_user
from tests.app.program import Program
from tests.app.visitor import Page, Visitor
from tests.browser.server import serve

HOOKS = Path(__file__).with_name("schemathesis_hooks.py")


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    """SQLite only: the description does not depend on the database."""
    return migrated_sqlite_url


@pytest.fixture
async def document(app: Application) -> Any:
    """The OpenAPI document."""
    return (await Program(app).send("GET", "/openapi.json")).json


@pytest.fixture
async def page(visitor: Visitor) -> Page:
    """The page with the documentation."""
    return await visitor.get("/api/v1/docs")


@pytest.mark.fuzz
def test_the_api_is_what_its_description_says(tmp_path: Path) -> None:
    """Schemathesis finds no undescribed response, no wrongly refused or accepted request, and no 5xx.

    All its checks and phases, against a real server, each case that changes something as a user of its own.
    """
    with serve(tmp_path, PASSWORD_METHOD="pbkdf2:sha256:1", ADDRESS_LIMITS="false") as address:
        done = subprocess.run(  # noqa: S603 - our own command
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json"),
                *("--checks", "all", "--max-examples", "4", "--seed", "1", "--generation-database", "none"),
                *("--request-timeout", "60"),  # seconds; the machine may be busy with other tests
                # A pattern can say which ASCII characters a name may have, and not which others can be seen.
                *("--generation-codec", "ascii", "--no-color"),
            ],
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS), "API_ADDRESS": f"{address}/api/v1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "18 selected / 18 total" in done.stdout
    assert done.stdout.count("✅ 18 passed") == 2  # coverage and fuzzing


def test_all_operations_are_described(document: Any, app: Application) -> None:
    """Every operation has a heading, a description, its security and its responses; nothing else is listed."""
    described = {
        (method, path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    assert len(described) == len(rules) - 2  # the two descriptions themselves
    for (method, path), operation in described.items():
        assert path == "/v1" or path.startswith("/v1/")
        assert operation["tags"][0] in {tag["name"] for tag in document["tags"]}
        assert operation["summary"].endswith(".")
        assert operation["description"]
        assert {"400", "500", "503"} <= operation["responses"].keys()
        assert ("401" in operation["responses"]) or not operation["security"]
        assert ("403" in operation["responses"]) is (method != "get")
        assert ("requestBody" in operation) is (
            (method in ("post", "put") and operation["operationId"] not in ("renew_token", "send_email_confirmation"))
            or operation["operationId"] == "delete_account"
        )
        for response in operation["responses"].values():
            assert response["description"]


def test_refusals_are_described(document: Any) -> None:
    """A 401 of the login is described as a wrong password, each other as a missing login."""
    refusals = {
        operation["operationId"]: operation["responses"]["401"]["description"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if "401" in operation["responses"]
    }
    assert refusals.pop("log_in") == "The name or the password is wrong."
    assert set(refusals.values()) == {"The request has no login, or not the kind that is needed."}


def test_problem_types_are_described(document: Any) -> None:
    """A program that has the document alone knows the name of each type, and the status."""
    about = document["components"]["schemas"]["ProblemDetails"]["properties"]["type"]["description"]
    assert set(re.findall(r"([a-z-]+) \((\d+)\)", about)) == {(kind.name, str(kind.status)) for kind in PROBLEM_TYPES}


def test_limits_are_described(document: Any) -> None:
    """Operations limited by address have RateLimit-* on each answer but 503; each 429 and 503 has Retry-After."""
    limited = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            headers = {status: answer.get("headers", {}) for status, answer in operation["responses"].items()}
            assert all("Retry-After" in headers[status] for status in headers.keys() & {"429", "503"})
            told = {status for status in headers if "RateLimit-Reset" in headers[status]}
            assert told in (set(), headers.keys() - {"503"})
            if told:
                limited.add((method, path.removeprefix("/v1")))
                kinds = document["components"]["headers"]
                numbers = headers["429"].keys() - {"X-Request-ID"}
                assert {kinds[name]["schema"]["type"] for name in numbers} == {"integer"}
    assert {("post", "/sessions"), ("post", "/users"), ("put", "/me/password")} <= limited


def test_the_document_is_openapi(document: Any) -> None:
    """The document is OpenAPI 3.1, all references resolve, and the cookie's name is right."""
    assert document["openapi"].startswith("3.1.")
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references == document["components"]["schemas"].keys()
    assert document["components"]["securitySchemes"]["cookie"]["name"] == "session"
    assert document["components"]["schemas"]["Credentials"]["properties"]["password"]["format"] == "password"


@pytest.mark.parametrize("encoding", ["gzip", "br, gzip;q=0.5", "*"])
async def test_the_document_is_compressed(app: Application, document: Any, encoding: str) -> None:
    """For clients that accept it, with an ETag of its own, and nothing else is."""
    plain = await Program(app).send("GET", "/openapi.json", headers={"Accept-Encoding": "identity, gzip;q=0"})
    response = await QuartClient(app).get("/api/v1/openapi.json", headers={"Accept-Encoding": encoding})
    body = await response.get_data(as_text=False)
    assert response.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(body)) == document == plain.json
    assert len(body) * 3 < len(plain.text)
    assert response.headers["ETag"] != plain.headers["ETag"]
    assert "Content-Encoding" not in plain.headers
    assert {"Accept-Encoding", "Cookie"} <= set(plain.headers["Vary"].split(", ")) & set(response.vary)
    page = await QuartClient(app).get("/api/v1/docs", headers={"Accept-Encoding": encoding})
    assert "Content-Encoding" not in page.headers


async def test_the_document_is_sent_once(app: Application) -> None:
    """A client that has it gets 304; the ETag is the same in every worker, and another one at another mount."""
    for encoding in ("identity", "gzip"):
        sent = {"Accept-Encoding": encoding}
        response = await QuartClient(app).get("/api/v1/openapi.json", headers=sent)
        etag = response.headers["ETag"]
        for known in (etag, f'W/{etag}, "x"', "*"):
            again = await Program(app).send("GET", "/openapi.json", headers={**sent, "If-None-Match": known})
            assert (again.status, again.text, again.headers["ETag"]) == (304, "", etag)
            assert again.headers["Cache-Control"] == "no-cache"
            assert "Accept-Encoding" in again.headers["Vary"]
        other = await QuartClient(app).get("/api/v1/openapi.json", headers={**sent, "If-None-Match": '"x"'})
        assert other.status_code == 200
        wanted = await Program(app).send("GET", "/openapi.json", headers={**sent, "If-Match": '"x"'})
        assert (wanted.problem, wanted.status) == ("Precondition Failed", 412)
        mounted = await QuartClient(app).get("/sub/api/v1/openapi.json", headers=sent, root_path="/sub")
        assert (mounted.status_code, mounted.headers["ETag"] != etag) == (200, True)


@pytest.mark.parametrize("path", ["/docs", "/redocs", "/scalar", "/openapi.json"])
async def test_no_scripts_from_elsewhere(visitor: Visitor, path: str) -> None:
    """The pages of Quart-Schema, which load scripts from elsewhere, are not served."""
    assert (await visitor.get(path)).status == 404


async def test_the_page(page: Page, document: Any) -> None:
    """The page shows every operation, field, model and problem type, and has no inline script or style."""
    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script" not in page.headers["Content-Security-Policy"]
    assert not re.findall(r"<script|<style|style=|https?://(?!localhost)", page.text)
    for path, operations in document["paths"].items():
        assert f"<code>/api{path}</code>" in page.text
        for operation in operations.values():
            assert operation["summary"] in page.text.replace("&#39;", "'")
    for model in document["components"]["schemas"].values():
        for field in model["properties"]:
            assert f"<code>{field}</code>" in page.text
    for kind in PROBLEM_TYPES:
        assert f'id="{kind.name}"' in page.text


async def test_links_of_the_page(page: Page) -> None:
    """Every link within the page has one target."""
    places = re.findall(r'id="([^"]+)"', page.text)
    assert len(places) == len(set(places))
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= set(places)


async def test_problems_are_described_where_they_say(page: Page, app: Application) -> None:
    """The type of each problem is the URL of its description."""
    answer = await Program(app).send("GET", "/me")
    path, _, place = answer.json["type"].partition("#")
    assert path == "/api/v1/docs"
    assert f'id="{place}"' in page.text


async def test_the_page_shows_who_is_logged_in(visitor: Visitor) -> None:
    """The page has the navigation of all pages, with the logout."""
    await log_in_as_new_user(visitor, remember=False)
    page = await visitor.get("/api/v1/docs")
    assert "susan" in page.text
    assert (await visitor.post("/logout", {"csrf_token": page.token})).location == "/index"
