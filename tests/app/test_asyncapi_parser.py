"""The AsyncAPI document as AsyncAPI's own parser reads it, which is a program for Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from quart_app.application import Application
from tests.app.program import Program
from tests.services.needed import needed

pytestmark = pytest.mark.tools

PARSER = "@asyncapi/parser@3.6.6"
HOW_TO_GET_IT = f"The AsyncAPI document is not parsed: npm cannot install {PARSER}. Install npm, and let it download."
_SCRIPT = """
import { Parser } from "@asyncapi/parser";
import { readFileSync } from "node:fs";
const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({
  operations: document?.operations().all().map((operation) => [operation.id(), operation.action()]),
  problems: diagnostics.map((found) => [found.severity, String(found.code)]),
}));
"""
_WARNING = 1  # severities at most: an error is 0. A hint, such as that there is a newer AsyncAPI, is more


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node finds the parser."""
    folder = tmp_path_factory.mktemp("node")
    npm = shutil.which("npm")
    install = [str(npm), "install", "--ignore-scripts", "--no-audit", "--no-fund", PARSER]
    is_there = npm is not None and subprocess.run(install, cwd=folder, capture_output=True, check=False).returncode == 0  # noqa: S603
    needed(npm if is_there else None, HOW_TO_GET_IT)
    (folder / "parse.mjs").write_text(_SCRIPT)
    return folder


def parse(text: str, folder: Path) -> tuple[object, list[str]]:
    """The operations of a document, and the codes of what is wrong with it."""
    done = subprocess.run(
        ["node", "parse.mjs"],  # noqa: S607
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return found.get("operations"), [code for severity, code in found["problems"] if severity <= _WARNING]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_parser_understands_it(app: Application, node: Path) -> None:
    """It has no error and no warning, and its one operation is that the server sends; a broken one has errors."""
    text = (await Program(app).send("GET", "/asyncapi.json")).text
    assert parse(text, node) == ([["sendOnline", "send"]], [])
    broken = text.replace("#/channels/online", "#/channels/nowhere")
    assert "invalid-ref" in parse(broken, node)[1]
