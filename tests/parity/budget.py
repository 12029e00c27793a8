"""How many histories are played: a few each time, thousands when ``PARITY_EXAMPLES`` asks for them.

Without the variable the histories are the same at each run. With it they are new ones at each run; a seed can be
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
