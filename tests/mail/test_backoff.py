"""When a mail is tried again."""

from __future__ import annotations

from datetime import timedelta

from quart_app.mail.backoff import ATTEMPTS, delay_after


def test_two_days() -> None:
    """The attempts of a mail take about two days, are up to an hour apart, and then end."""
    for chance in (0.0, 0.5, 1.0):
        delays = [delay for n in range(1, ATTEMPTS) if (delay := delay_after(n, chance)) is not None]
        assert len(delays) == ATTEMPTS - 1
        assert all(timedelta(seconds=8) <= delay <= timedelta(hours=1.2) for delay in delays)
        assert timedelta(hours=37) < sum(delays, timedelta()) < timedelta(hours=59)
        assert delay_after(ATTEMPTS, chance) is None
