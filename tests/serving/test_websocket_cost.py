"""What a websocket of a browser costs a real worker."""

from __future__ import annotations

from pathlib import Path

from benchmarks import websocket_floor
from benchmarks.websocket_cost import measure

ROOT = Path(__file__).resolve().parents[2]
MOST = 40.0
"""KiB: about 30 of a thousand websockets; with compression 140, and with a view that stays 50."""


def test_memory() -> None:
    """An idle websocket takes less memory than with compression, or with a view that stays open; all are accepted."""
    figures = measure(ROOT, 1000, leaving=1.0)
    assert figures.refused == 0
    assert 10.0 < figures.kib < MOST


def test_floor() -> None:
    """Each of the servers accepts all websockets."""
    turns = websocket_floor.measure(count=30, rounds=1)
    assert list(turns) == list(websocket_floor.SERVERS)
    assert all(turn.a_second > 0 for (turn,) in turns.values())
