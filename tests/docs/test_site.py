"""The documentation as a site."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT
from tests.services.needed import needed

HOW_TO_GET_IT = "The site is not built: no Sphinx. Install it: pip install --group docs"


@pytest.fixture(scope="module", autouse=True)
def _sphinx() -> None:
    needed("sphinx" if importlib.util.find_spec("sphinx") else None, HOW_TO_GET_IT)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of docs/ that a test can break."""
    copy = tmp_path / "repository" / "docs"
    for name in ("hypercorn.toml", "compat", "examples"):  # what pages point to
        (copy.parent / name).parent.mkdir(exist_ok=True)
        (copy.parent / name).symlink_to(ROOT / name)
    return shutil.copytree(DOCS, copy)


def _build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    arguments = ["--builder", "html", "--conf-dir", f"{source}/site", "--fail-on-warning", "--keep-going", "--quiet"]
    return subprocess.run(  # noqa: S603 - our own command, as in the Makefile
        [sys.executable, "-m", "sphinx", *arguments, str(source), str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_pages_load_nothing_from_elsewhere(source: Path, tmp_path: Path) -> None:
    """The site is built without a warning, and needs no other host: no font, script, style or picture."""
    built = _build(source, tmp_path / "html")
    assert built.returncode == 0, built.stderr

    pages = list((tmp_path / "html").rglob("*.html"))
    assert {page.stem for page in pages} >= {page.stem for page in DOCS.glob("*.md")}
    for page in pages:
        text = page.read_text()
        assert re.findall(r"""\bsrc=["']?(?:https?:)?//[^"' >]+""", text) == []
        assert re.findall(r"""<link\b[^>]*href=["']?(?:https?:)?//[^>]+""", text) == []
    for style in (tmp_path / "html").rglob("*.css"):
        assert re.findall(r"""(?:@import|url\()\s*["']?(?:https?:)?//[^)]+""", style.read_text()) == []


BROKEN = {
    "[a page](nowhere.md)": "nowhere.md",
    "[a heading](#nowhere-here)": "nowhere-here",
    "![a picture](nowhere.svg)": "nowhere.svg",
    "```{eval-rst}\n.. autofunction:: compat.nothing\n```": "nothing",
}


def test_what_is_not_there_fails(source: Path, tmp_path: Path) -> None:
    """A missing link, heading, picture or name fails the build with an error that names it."""
    for page in source.glob("*.md"):
        page.unlink()
    page = source / "index.md"
    page.write_text("# A page\n")
    assert _build(source, tmp_path / "whole").returncode == 0

    page.write_text("# A page\n\n" + "\n\n".join(BROKEN))
    broken = _build(source, tmp_path / "broken")
    assert broken.returncode != 0
    assert [name for name in BROKEN.values() if name not in broken.stderr] == []
