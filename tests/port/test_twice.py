"""A second run changes nothing: whatever the first one was given, and whatever it left to do."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from compat.port.porter import port

from . import test_awaited, test_fails_open, test_findings, test_forms
from .one_file import HEAD
from .snippets import SNIPPETS

pytestmark = pytest.mark.quick

FAILS_OPEN = {
    f"{kind} {name}": HEAD.lstrip() + dedent(code).replace("await ", "").lstrip("\n")
    for kind, codes in (
        ("awaited", test_awaited.AWAITED),
        ("raising", test_fails_open.RAISING),
        ("validator", test_forms.VALIDATORS),
    )
    for name, code in codes.items()
}
CODES = {
    **{f"snippet {snippet.says}": snippet.before for snippet in SNIPPETS},
    **FAILS_OPEN,
    "a remark that quotes what is rewritten": (
        "from flask import Flask\n\napp = Flask(__name__)\n\n\ndef post(client):\n"
        "    yield client.post('/', data={'x': 1})\n"
    ),
    **{f"to do {what} {number}": code for number, (code, _, what, _) in enumerate(test_findings.TO_DO)},
    **{f"to check {what}": test_findings.view(body) for body, what, _ in test_findings.TO_CHECK},
}


@pytest.mark.parametrize("code", CODES.values(), ids=[name.replace(" ", "-") for name in CODES])
def test_the_second_run_changes_nothing(tmp_path: Path, code: str) -> None:
    """Ported code, todo comments and raising lines are as the first run has left them."""
    file = tmp_path / "test_site.py"
    file.write_text(code)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for ported in port(tmp_path).files:
        ported.path.write_bytes(ported.after)

    again = port(tmp_path)

    assert [each.diff() for each in again.files if each.is_changed] == []
