"""What is kept: each value that found a fault once, or a way through the code that others do not take.

A file for each target, of lists by what is odd about their values. Bytes are written as text, a character each
(Latin-1). Whoever finds another one adds it here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import example, note

Test = TypeVar("Test", bound=Callable[..., Any])

_FOLDER = Path(__file__).parent / "corpus"


def kept(target: str) -> Callable[[Test], Test]:
    """Try all cases of a target first, whatever else is tried."""
    values: dict[str, list[Any]] = json.loads((_FOLDER / f"{target}.json").read_text())

    def add(test: Test) -> Test:
        for case in (case for some in values.values() for case in some):
            test = example(case=case)(test)
        return test

    return add


def tell(case: list[Any]) -> None:
    """Say the case as it is to be kept, should it fail."""
    note(f"to be kept: {json.dumps(case)}")
