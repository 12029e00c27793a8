"""The cost of protocols: each row is measured against a real server that speaks it."""

from __future__ import annotations

from statistics import median

from benchmarks.protocol_cost import BASE, ROWS, Row, measure, ratios


def test_every_protocol() -> None:
    """Each row gets answers; a TLS handshake for each page costs more than a connection that is kept alive."""
    found = measure(rounds=1, seconds=1, connections=4)
    assert list(found) == list(ROWS)
    assert all(0 < each < 1000 for row in found.values() for each in row)
    assert ratios(found, BASE) == [1.0]
    handshakes = next(row for row in ROWS if row.tls and not row.keep_alive)
    assert median(ratios(found, handshakes)) > 1.0


def test_ratios() -> None:
    """A ratio is that of two turns of the same round."""
    tls = Row("TLS", tls=True)
    assert ratios({BASE: [1.0, 2.0], tls: [3.0, 4.0]}, tls) == [3.0, 2.0]
