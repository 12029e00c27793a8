"""The parts of the proof on public applications that need no package index."""

from __future__ import annotations

from pathlib import Path

import pytest

from compat.port.porter import port
from tests.port.public.__main__ import changed_lines
from tests.port.public.applications import APPLICATIONS, OURS, Edit, Sdist
from tests.port.public.workshop import Score


@pytest.mark.parametrize(
    ("line", "passed", "of"),
    [
        ("24 passed in 1.20s", 24, 24),
        ("13 failed, 100 passed, 1 skipped in 11.83s", 100, 113),
        ("1 failed, 2 passed, 3 warnings, 2 errors in 0.10s", 2, 5),
        ("1 error in 0.96s", 0, 1),
        ("", 0, 0),
    ],
)
def test_outcome_is_read(line: str, passed: int, of: int) -> None:
    """Errors count as failures; skipped tests do not count."""
    assert Score.read(f"..F\n{line}\n") == Score(passed, of)


@pytest.mark.parametrize("text", ["nothing", "this, and this"])
def test_edit_that_fits_not_once_is_refused(tmp_path: Path, text: str) -> None:
    """A change by hand is made at the one place it is meant for, or not at all."""
    (tmp_path / "site.py").write_text(text)

    with pytest.raises(ValueError, match="times, not once"):
        Edit("site.py", "this", "that", "").apply(tmp_path)

    assert (tmp_path / "site.py").read_text() == text


def test_remarks_are_not_counted_as_changes(tmp_path: Path) -> None:
    """What the assistant writes counts, and its comments on what is left, and lines that raise there, do not."""
    (tmp_path / "site.py").write_text("from flask import request\n\nlook = lambda: request.form\n")

    assert changed_lines(port(tmp_path)) == 1


@pytest.mark.parametrize("name", APPLICATIONS)
def test_what_is_ours_is_there_and_what_is_fetched_is_pinned(name: str) -> None:
    """Each application is a folder of ours, or one file on the index, by version and hash."""
    application = APPLICATIONS[name]

    if isinstance(application.source, Sdist):
        assert len(bytes.fromhex(application.source.sha256)) == 32
    else:
        assert all((application.source / part).exists() for part in application.parts)
    assert application.journey is None or (OURS / "journeys" / application.journey).exists()
