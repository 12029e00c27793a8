"""The parts of the proof on public applications that need no package index and no clone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compat.port.findings import Finding, Level
from tests.port.public import judgements
from tests.port.public.__main__ import find_checkouts, left_out
from tests.port.public.application import Application, Edit
from tests.port.public.applications import APPLICATIONS
from tests.port.public.assistant import Work, work
from tests.port.public.judgements import FalseAlarms
from tests.port.public.sources import OURS, Checkout, Sdist
from tests.port.public.tables import Outcome, tables
from tests.port.public.workshop import Score, Workshop

GUIDE = Path(__file__).parents[2] / "docs" / "porting.md"


def finding(line: int = 3, *, what: str = "open", why: str = "it blocks", level: Level = Level.CHECK) -> Finding:
    """A finding of a report."""
    return Finding("site.py", line, level, what, why, "Use aiofiles")


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


def test_work_is_measured(tmp_path: Path) -> None:
    """What the assistant writes counts, and its remarks do not; time and memory are those of its run."""
    (tmp_path / "site").mkdir()
    source = "from flask import request\n\nlook = lambda: request.form\n"
    (tmp_path / "site" / "site.py").write_text(source)
    (tmp_path / "site" / "broken.py").write_text("def f(:\n")

    done = work(tmp_path / "site", tmp_path / "left.json")

    assert (done.files, done.lines, done.changed, done.again, done.broken) == (2, 4, 1, 0, ())
    assert {each.path for each in done.findings} == {"site.py", "broken.py"}
    assert 0 < done.seconds < 60
    assert 10 < done.megabytes < 10_000  # Linux counts the process that starts it, too, and that may be a large one


def test_record_counts_what_a_person_found_false() -> None:
    """Findings are matched by place and code, whatever their text says; one that nobody judged is counted as such."""
    found = [finding(1), finding(2), finding(3), finding(4)]
    record = {judgements.key(finding(line, why="reworded")): judgements.Judgement(is_true=True) for line in (1, 4)}
    record[judgements.key(found[1])] = judgements.Judgement(is_true=False, why="no request waits")
    record[judgements.key(finding(9))] = judgements.Judgement(is_true=False, why="it is not in the report any more")

    assert judgements.count(found, record) == FalseAlarms(false=1, judged=3, unjudged=1)
    assert str(judgements.count(found, record)) == "1 of 3, 1 not judged"
    assert judgements.draft(found, record).count("? site.py:3 check") == 1


def test_sample_is_the_same_when_the_report_grows() -> None:
    """A new finding takes the place of one other in the sample, at most."""
    found = [finding(line) for line in range(1, 201)]
    before, after = set(judgements.sample(found)), set(judgements.sample([*found, finding(300)]))

    assert len(before) == len(after) == judgements.SAMPLE
    assert len(before - after) <= 1


@pytest.mark.parametrize("line", ["maybe a.py:1 todo 00000000", "false a.py:1 todo 00000000", "true a.py:1 todo 0 why"])
def test_record_of_another_form_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """A line says true, or false and why."""
    monkeypatch.setattr(judgements, "RECORDS", tmp_path)
    (tmp_path / "site.txt").write_text(line + "\n")

    with pytest.raises(ValueError, match="neither `true` nor `false`"):
        judgements.read("site")


@pytest.mark.parametrize("name", APPLICATIONS)
def test_what_is_ours_is_there_and_what_is_fetched_is_pinned(name: str) -> None:
    """Each application is a folder of ours, one file on the index by version and hash, or a commit at an address."""
    application = APPLICATIONS[name]

    match application.source:
        case Sdist(sha256=sha256):
            assert len(bytes.fromhex(sha256)) == 32
        case Checkout(address=address, commit=commit):
            assert address.startswith("https://")
            assert len(bytes.fromhex(commit)) == 20
        case folder:
            assert all((folder / part).exists() for part in application.parts)
    assert application.journey is None or (OURS / "journeys" / application.journey).exists()
    assert (application.tests is None) == bool(application.not_run)


def test_without_clones_the_rest_is_run(tmp_path: Path) -> None:
    """Each application that needs a clone is left out, with the command and the commit to get it."""
    said = list(left_out(APPLICATIONS, Workshop(tmp_path, {})))

    needed = [name for name, each in APPLICATIONS.items() if isinstance(each.source, Checkout)]
    assert len(said) == len(needed) > 0
    for line, name in zip(said, needed, strict=True):
        source = APPLICATIONS[name].source
        assert isinstance(source, Checkout)
        assert f"git clone {source.address}" in line
        assert source.commit in line
        assert f"--checkout {name}=PATH" in line


def test_clones_are_found_by_name_and_in_a_folder(tmp_path: Path) -> None:
    """A path that is named goes before the folder of clones."""
    [first, second, *_] = [name for name, each in APPLICATIONS.items() if isinstance(each.source, Checkout)]
    (tmp_path / first).mkdir()
    (tmp_path / second).mkdir()

    found = find_checkouts([f"{second}=/elsewhere"], str(tmp_path))

    assert found == {first: tmp_path / first, second: Path("/elsewhere")}
    assert list(left_out([first, second], Workshop(tmp_path, found))) == []


def test_rows_say_what_was_not_run_and_why() -> None:
    """An application that cannot be run has its report counted, and the reason in place of its tests."""
    application = Application("A site", Sdist("site", "1.0", "00" * 32), not_run="it needs a printer")
    found = (finding(), finding(4, why="it is None"), finding(5, level=Level.TODO))
    done = Work(2, 1234, 56, 0, ("a.py",), found, seconds=1.4, megabytes=99.6)

    rows = tables([Outcome(application, done, FalseAlarms(0, 3, 0))]).splitlines()

    assert "| A site | site 1.0 | 2, 1,234 | 56 | 1, 0 | 2 (1) | 0 of 3 | 1, 100 | 0 | a.py |" in rows
    assert "| A site | not run: it needs a printer |  |  |  |" in rows


@pytest.mark.parametrize("name", APPLICATIONS)
def test_guide_has_the_count_of_the_record(name: str) -> None:
    """The false alarms in docs/porting.md are those that the record has, and every finding of the sample is judged."""
    title, record = APPLICATIONS[name].title, judgements.read(name)
    row = re.search(rf"^\| {re.escape(title)} \|.*$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)

    assert row is not None
    false = sum(not each.is_true for each in record.values())
    assert row[0].split(" | ")[6] == f"{false} of {len(record)}"
