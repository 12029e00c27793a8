"""What the porting assistant says of an extension leads to a recipe of extensions.md."""

from __future__ import annotations

import re

import pytest

from compat.port.extensions import EXTENSIONS, INTEGRATIONS, advice
from tests.docs.pages import DOCS

pytestmark = pytest.mark.quick

PAGE = DOCS / "extensions.md"
#: The headings of the page, as links name them.
ANCHORS = {
    re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))
    for heading in re.findall(r"^##+ (.*)$", PAGE.read_text(), re.MULTILINE)
}


def test_each_link_has_its_heading() -> None:
    """Each heading that the assistant names is on the page."""
    texts = " ".join(str(advice(name)) for name in (*EXTENSIONS, *INTEGRATIONS))
    named = set(re.findall(r"docs/extensions\.md#([\w-]+)", texts))

    assert named - ANCHORS == set()
    assert len(named) >= 16


def test_each_row_is_known_to_the_assistant() -> None:
    """The assistant names the page for each extension of the first table that the page replaces."""
    rows = re.findall(r"^\| (Flask-\w+) [\d.]+ \|.*\(#[\w-]+\) \|$", PAGE.read_text(), re.MULTILINE)

    assert len(rows) >= 16
    assert [row for row in rows if PAGE.name not in str(advice(row.lower().replace("-", "_")))] == []
