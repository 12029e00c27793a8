"""Each peer answers as the page does before it is timed, and the check finds one that does not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.comparison.check import AnswersDiffer
from benchmarks.load.accounts import PASSWORD
from benchmarks.measurement.cases import Case, Place, Row, all_cases
from benchmarks.measurement.contenders import FRAMEWORKS, QUART
from benchmarks.measurement.loads import How, Load
from benchmarks.measurement.results import Results
from benchmarks.measurement.stage import set_stage
from benchmarks.measurement.turns import measure_case
from benchmarks.measurement.visitor import BY_NAME, Visitor, check_page, text_of
from benchmarks.report import write_report
from benchmarks.serving.commands import gunicorn
from benchmarks.serving.peers_environment import PYTHON, installed_versions
from benchmarks.serving.process import serve
from tests.benchmarks.broken_twin import CHATTY_PAGE, LASTING_ROWS, break_twin
from tests.services.needed import needed

_SMALL = Place(users=3)
_CHECKED = [contender for contender in FRAMEWORKS if contender.checked_by is not None]


@pytest.mark.neighbours
def test_each_peer_answers_as_the_page_does() -> None:
    """Its user sees quart_app's page; strangers, wrong passwords and ended logins do not. Its load has no errors.

    All are measured in one case, as the page that each is compared with, and its database, are the same.
    """
    needed(shutil.which("wrk"), "wrk is missing, and what is left out is the test with it: apt-get install wrk")
    for contender in _CHECKED:
        needed("installed" if contender.is_installed else None, f"{contender.name} is left out: {contender.how_to_get}")
    load = Load(connections=2, how=How.OPEN, rate=20.0)  # as fast as it can, each is warmed up before
    rows = tuple(Row(contender.name, contender, load, _SMALL) for contender in (QUART, *_CHECKED))

    result = measure_case(Case("small", "?", rows), repetitions=1, seconds=1.0, say=lambda _text: None)

    assert [(row.name, row.errors) for row in result.rows] == [(row.name, 0) for row in rows]
    assert [row.name for row in result.rows if not row.median("rate") > 0] == []
    assert [note.partition(", in")[0] for note in result.notes] == [f"{each.name}: the same page" for each in _CHECKED]


def test_a_peer_that_answers_differently_is_found(tmp_path: Path) -> None:
    """An application whose logins survive logging out, or whose page says more, is not timed."""
    factory = "tests.benchmarks.broken_twin:application"
    with (
        set_stage(_SMALL, tmp_path) as stage,
        serve(gunicorn(4), factory, tmp_path, environment=stage.environment) as twin,
    ):
        visitor = Visitor(twin.url)
        visitor.log_in(BY_NAME, 1, PASSWORD)
        _, page = visitor.ask("/")
        check_page(twin.url, "the twin", BY_NAME, PASSWORD, page)
        for fault, what in ((LASTING_ROWS, "a login that has ended"), (CHATTY_PAGE, "instead of")):
            break_twin(tmp_path, fault)
            with pytest.raises(AnswersDiffer, match=what):
                check_page(twin.url, "a broken twin", BY_NAME, PASSWORD, page)


@pytest.mark.quick
def test_pages_are_compared_without_tokens_hosts_and_space() -> None:
    """What differs between template engines is left out, and nothing else."""
    token = '<input type="hidden" name="csrfmiddlewaretoken" value="x">'
    assert text_of(f'<p>\n <a href="http://127.0.0.1:81/live">On </a>{token}</p>') == '<p><a href="/live">On</a></p>'
    assert text_of("<p>On</p>") != text_of("<p>Off</p>")


@pytest.mark.quick
def test_absent_peers_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without their environment the rows of the peers are left out, and the report says how to get them."""
    monkeypatch.setenv(PYTHON, str(tmp_path / "no-python"))
    installed_versions.cache_clear()
    try:
        case = next(case for case in all_cases() if case.key == "frameworks")
    finally:
        installed_versions.cache_clear()
    assert {row.contender.peer for row in case.rows} == {None}
    absent = [contender.name for contender in FRAMEWORKS if contender.peer is not None]
    assert list(case.left_out) == [f"{name} is not installed: make peers" for name in absent]

    skipped = measure_case(
        Case(case.key, case.question, (), left_out=case.left_out), repetitions=1, seconds=1.0, say=lambda _text: None
    )
    results = Results("quick", "python -m benchmarks", 1, 1.0, {}, "compared: all", [skipped])
    write_report(results, tmp_path)
    for file in ("results.md", "results.html"):
        text = (tmp_path / file).read_text()
        assert [name for name in absent if f"{name} is not installed: make peers" not in text] == []
