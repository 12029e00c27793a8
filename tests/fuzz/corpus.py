"""The corpus: values that once found a fault, or that take a rare path through the code.

A file for each target, of lists by what is odd about their values. Bytes are written as text, a character each
(Latin-1). Add new ones here.
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
    """Try all values of a target before the generated ones."""
    values: dict[str, list[Any]] = json.loads((_FOLDER / f"{target}.json").read_text())

    def add(test: Test) -> Test:
        for case in (case for some in values.values() for case in some):
            test = example(case=case)(test)
        return test

    return add


def tell(case: list[Any]) -> None:
    """Print a failing case in the form in which it is kept."""
    note(f"to be kept: {json.dumps(case)}")
