"""What is named in place of Flask's extensions exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compat.port.extensions import DISTRIBUTIONS, EXTENSIONS, INTEGRATIONS, SEEN, advice
from compat.port.porter import port
from tests.docs.pages import DOCS

pytestmark = pytest.mark.quick

ADVICE = {**EXTENSIONS, **INTEGRATIONS, "flask_unheard_of": "{quart-flask-patch}"}
#: Parts of this project, and names of Quart's that are not distributions.
OURS = {"quart-flask-login", "quart-flask-login[forms]"}
_DISTRIBUTION = re.compile(r"(?<![\w-])[qQ]uart-[A-Za-z-]*[A-Za-z]")


@pytest.mark.parametrize("package", ADVICE)
def test_every_distribution_is_named_with_the_version_that_was_seen(package: str) -> None:
    """Advice names distributions by the table only, and shows their versions."""
    named = re.findall(r"{([\w-]+)}", ADVICE[package])
    text = advice(package)

    assert text is not None
    assert [name for name in named if f"{name} {SEEN[name]}" not in text] == []
    assert _DISTRIBUTION.findall(re.sub(r"{[\w-]+}", "", ADVICE[package])) == []


def test_the_table_has_no_more_than_is_named() -> None:
    """A version in the table is that of something that the assistant names."""
    assert {name for text in ADVICE.values() for name in re.findall(r"{([\w-]+)}", text)} == set(SEEN)


def test_the_guide_names_no_other() -> None:
    """What begins with quart- in the guide is in the table, or ours."""
    named = {name.lower() for name in _DISTRIBUTION.findall((DOCS / "porting.md").read_text())}

    assert named - {"quart-auth", "quart-wtf"} - OURS - set(SEEN) == set()


def test_requirements_name_no_other() -> None:
    """What takes the place of a requirement is in the table, ours, a server or framework that compat needs, or Dash."""
    assert set(DISTRIBUTIONS.values()) - set(SEEN) - OURS == {"quart", "hypercorn", "dash[quart,async]"}


def test_nothing_is_guessed(tmp_path: Path) -> None:
    """For an extension that nobody here knows no counterpart is made up."""
    (tmp_path / "site.py").write_text("import flask_unheard_of\n")

    (finding,) = port(tmp_path).findings

    assert "quart_unheard_of" not in str(finding)
    assert "quart-unheard-of" not in str(finding)


@pytest.mark.parametrize("package", ["flask_httpauth", "flask_jwt_extended"])
def test_a_request_loader_is_advised_against(package: str) -> None:
    """With one, an API takes session cookies without protection against CSRF: the report says so."""
    assert "Not a `request_loader`" in (advice(package) or "")
