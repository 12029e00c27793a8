"""What the documentation shows is run, and what it points to is there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from quart.testing import QuartClient

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md"]


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language, as written: an indented fence is unindented."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", page.read_text(), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def run(code: str, name: str) -> dict[str, Any]:
    """Run a block as a module of its own, and return its names."""
    module = ModuleType(name)
    exec(compile(code, name, "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    return module.__dict__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_runs(page: Path) -> None:
    """Each Python block of a page runs as it stands."""
    for number, code in enumerate(blocks(page, "python")):
        run(code, f"{page.stem}_{number}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link of a page leads to a file of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


async def test_readme_example_does_what_a_stranger_is_told() -> None:
    """The README's application sends a stranger to log in, and greets who has."""
    example, *_ = blocks(ROOT / "README.md", "python")
    assert len(example.strip().splitlines()) <= 26
    client = QuartClient(run(example, "example")["app"])

    refused = await client.get("/")
    status, *headers = next(iter(blocks(ROOT / "README.md", "console"))).splitlines()[1:]
    assert status == f"HTTP/1.1 {refused.status_code}"
    for name, value in (header.split(": ", 1) for header in headers):
        assert refused.headers[name] == value

    form = await client.post(refused.headers["Location"], form={"password": "dog"})
    assert "<form" in await form.get_data(as_text=True)
    arrived = await client.post(refused.headers["Location"], form={"password": "cat"}, follow_redirects=True)
    assert await arrived.get_data(as_text=True) == "Hi, susan!"


async def test_readme_shows_the_real_error() -> None:
    """The error message in the README is the one that is raised."""
    from compat import UserNotLoaded

    shown = " ".join(next(iter(blocks(ROOT / "README.md", "text"))).split())

    assert shown == f"compat.errors.UserNotLoaded: {UserNotLoaded()}"


def test_parity_table_names_real_tests() -> None:
    """Each test that the parity table names is there, so that each row is pinned."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "parity.md").read_text()))
    folders = [ROOT / "tests" / "compat", ROOT / "tests" / "parity"]
    code = "".join(file.read_text() for folder in folders for file in folder.glob("test_*.py"))

    assert named - set(re.findall(r"def (test_\w+)\(", code)) == set()
    assert len(named) > 15
