"""The number of generated examples: a few by default, as many as ``FUZZ_EXAMPLES`` otherwise.

Without the variable it is the same at each run. With it, it is something new at each run, and a seed can be given by
``--hypothesis-seed``; ``-o timeout=0`` lifts the limit on how long a test may take.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_asked_for = os.environ.get("FUZZ_EXAMPLES")


def examples(usual: int) -> settings:
    """Hypothesis settings for *usual* examples, or for the given number."""
    return settings(
        max_examples=int(_asked_for) if _asked_for else usual,
        derandomize=_asked_for is None,
        database=None,  # what has been found is kept in the corpus
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )
