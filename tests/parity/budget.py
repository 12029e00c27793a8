"""The number of random histories: a few by default, thousands with ``PARITY_EXAMPLES``.

Without the variable every run plays the same histories. With it every run plays new ones; a seed can be
given by ``--hypothesis-seed``, and ``-o timeout=0`` lifts the limit on how long a test may take.
"""

import os

from hypothesis import HealthCheck, settings

_asked_for = os.environ.get("PARITY_EXAMPLES")


def histories(usual: int, *, share: float = 1.0) -> settings:
    """Settings for *usual* histories, or for *share* of the number asked for."""
    return settings(
        max_examples=max(1, int(int(_asked_for) * share)) if _asked_for else usual,
        derandomize=_asked_for is None,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
