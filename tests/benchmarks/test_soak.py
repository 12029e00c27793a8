"""The evaluation of a soak; the soak itself is a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.soak.report import Soak
from benchmarks.soak.verdict import judge, windows
from benchmarks.soak.watch import Sample

_SECONDS = 90.0


def soak(*, growth: float = 0.0, slower: float = 1.0, errors: dict[str, int] | None = None, pid: int = 2) -> Soak:
    """A flat run, with the given differences."""
    samples = [
        Sample(
            at, {1: 100.0 + growth * at, pid if at > 40 else 2: 100.0}, {1: 40, 2: 40, pid: 40}, {1: 3, 2: 3, pid: 3}, 8
        )
        for at in map(float, range(0, 90, 5))
    ]
    waits = [(at, 10.0 * (slower if at > 60 else 1.0)) for at in map(float, range(90))]
    return Soak("soak", _SECONDS, 1.0, {"cores": "2"}, "two workers", waits, {"home": 90}, errors or {}, samples)


def test_what_is_flat() -> None:
    """The last third is compared with the second; the first is ignored."""
    warm_up = [(float(at), 1000.0) for at in range(30)]
    flat = [(float(at), 100.0) for at in range(30, 90)]
    grown = [(at, value if at < 60 else 106.0) for at, value in flat]
    assert judge("it", warm_up + flat, seconds=_SECONDS, share=0.05, slack=4.0).is_flat
    assert not judge("it", warm_up + grown, seconds=_SECONDS, share=0.05, slack=4.0).is_flat
    assert judge("it", warm_up + grown, seconds=_SECONDS, share=0.05, slack=6.0).is_flat


@pytest.mark.parametrize("seen", [range(30), range(60), range(60, 90)])
def test_too_short_to_be_judged(seen: range) -> None:
    """A value that is missing in one of these thirds is not called flat."""
    with pytest.raises(ValueError, match="long enough"):
        judge("it", [(float(at), 1.0) for at in seen], seconds=_SECONDS, share=1.0, slack=1.0)


def test_latencies_in_time() -> None:
    """A window is a minute, or a ninth of a short run."""
    waits = [(float(at), float(at)) for at in range(90)]
    assert [(window.at, window.requests) for window in windows(waits, seconds=_SECONDS)][:2] == [(0.0, 10), (10.0, 10)]
    assert len(windows(waits, seconds=1800.0)) == 2
    assert windows(waits, seconds=1800.0)[0].p99 == 59.0


@pytest.mark.parametrize(
    ("run", "fault"),
    [
        (soak(growth=0.5), "memory of worker 1"),
        (soak(slower=4.0), "p99"),
        (soak(errors={"home: 500": 1}), "home: 500"),
        (soak(pid=3), "replaced"),
    ],
)
def test_what_is_not_flat(run: Soak, fault: str, tmp_path: Path) -> None:
    """Each fault is reported in the JSON and on the page."""
    assert [told for told in run.faults if fault in told] == run.faults != []
    told, page = run.write(tmp_path / "results")
    assert json.loads(told.read_text())["faults"] == run.faults
    assert "**Not flat.**" in page.read_text()


def test_a_flat_run(tmp_path: Path) -> None:
    """A flat run has no fault."""
    assert soak().faults == []
    assert "**Flat, and no error.**" in soak().write(tmp_path)[1].read_text()
