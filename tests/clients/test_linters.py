"""The OpenAPI document passes the strictest rules of Redocly CLI and of Spectral."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest

from tests.clients.conftest import Api, Run

LINTERS = {
    "redocly": ("redocly", "lint", "--config", "redocly.yaml", "openapi.json"),
    "spectral": ("spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", "openapi.json"),
}
NO_FINDING = {"redocly": "Your API description is valid", "spectral": "No results with a severity of 'hint' or higher"}


@pytest.mark.usefixtures("document_file")
@pytest.mark.parametrize("linter", LINTERS)
def test_the_document_has_no_faults(linter: str, run: Run) -> None:
    """The linter has neither an error nor a warning."""
    done = run(LINTERS[linter])
    assert done.returncode == 0, done.stdout + done.stderr
    assert NO_FINDING[linter] in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("linter", "rule"), [("redocly", "no-invalid-schema-examples"), ("spectral", "operation-description")]
)
def test_warnings_are_findings(linter: str, rule: str, run: Run, api: Api, document_file: Path) -> None:
    """The linter refuses a document for what is a warning by default: a wrong example, or an empty description."""
    spoiled = deepcopy(api.document)
    spoiled["components"]["schemas"]["Session"]["properties"]["client"]["examples"] = [7]
    spoiled["paths"]["/v1/me"]["get"]["description"] = ""
    document_file.write_text(json.dumps(spoiled))
    done = run(LINTERS[linter])
    assert done.returncode == 1, done.stdout + done.stderr
    assert rule in done.stdout + done.stderr
