"""The AsyncAPI document as AsyncAPI's own parser reads it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.clients.conftest import Api, Run

pytestmark = pytest.mark.tools

_SCRIPT = """
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";
const { document, diagnostics } = await new Parser().parse(readFileSync("asyncapi.json", "utf8"));
console.log(JSON.stringify({
  operations: document?.operations().all().map((operation) => [operation.id(), operation.action()]),
  problems: diagnostics.map((found) => [found.severity, String(found.code)]),
}));
"""
_WARNING = 1  # severities at most: an error is 0. A hint, such as that there is a newer AsyncAPI, is more


def parse(text: str, folder: Path, run: Run) -> tuple[object, list[str]]:
    """The operations of a document, and the codes of what is wrong with it."""
    (folder / "asyncapi.json").write_text(text)
    (folder / "parse.mjs").write_text(_SCRIPT)
    done = run(["node", "parse.mjs"])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found.get("operations"), [code for severity, code in found["problems"] if severity <= _WARNING]


def test_the_parser_understands_it(api: Api, run: Run, tmp_path: Path) -> None:
    """It has no error and no warning, and its one operation is that the server sends; a broken one has errors."""
    with urlopen(f"{api.url}/v1/asyncapi.json", timeout=30) as response:  # noqa: S310 - our own server
        text = response.read().decode()
    assert parse(text, tmp_path, run) == ([["sendOnline", "send"]], [])
    broken = text.replace("#/channels/online", "#/channels/nowhere")
    assert "invalid-ref" in parse(broken, tmp_path, run)[1]
