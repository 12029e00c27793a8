"""Programs on clients that three generators make from the OpenAPI document: checked strictly, and run."""

from __future__ import annotations

import json
import subprocess
from typing import NamedTuple

import pytest

from tests.clients.conftest import Api, Run

Command = tuple[str, ...]


class Generator(NamedTuple):
    """How a client is made, how the program on it is checked, and how that runs."""

    generate: Command
    check: Command
    program: Command


GENERATORS = {
    "openapi-python-client": Generator(
        ("openapi-python-client", "generate", "--path", "openapi.json", "--output-path", "microblog", "--meta", "none"),
        # Silent about the generated package, whose __exit__ has wrong types; with its types for the program.
        ("mypy", "--strict", "--follow-imports=silent", "--config-file=", "python_client.py"),
        ("python", "python_client.py"),
    ),
    "openapi-typescript and openapi-fetch": Generator(
        ("openapi-typescript", "openapi.json", "--output", "schema.d.ts"),
        ("tsc", "--project", "openapi_fetch.tsconfig.json"),
        ("node", "built/openapi_fetch.js"),
    ),
    "@hey-api/openapi-ts": Generator(
        ("openapi-ts", "--input", "openapi.json", "--output", "hey", "--client", "@hey-api/client-fetch"),
        ("tsc", "--project", "hey_api.tsconfig.json"),
        ("node", "built/hey_api.js"),
    ),
}


def succeed(done: subprocess.CompletedProcess[str]) -> str:
    """What a program that succeeded has printed."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.usefixtures("document_file")
@pytest.mark.parametrize("name", GENERATORS)
def test_a_generated_client(name: str, run: Run, api: Api) -> None:
    """It registers, logs in, reads the user and the logins, and logs out; problems are typed, too."""
    generator = GENERATORS[name]
    username = f"user{list(GENERATORS).index(name)}"
    succeed(run(generator.generate))
    succeed(run(generator.check))
    said = json.loads(succeed(run([*generator.program, api.url, username])))
    assert said == {
        "registered": username,
        "wrong": "credentials-wrong",
        "incomplete": ["#/password"],
        "me": f"{username}@example.com",
        "sessions": ["bearer"],
        "loggedOut": 204,
        "ended": "token-invalid",
    }
