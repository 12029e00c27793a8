"""The guard's part for pytest: a test fails if it made a coroutine that nobody awaited, or caught a guard's error.

Test modules have their assertions rewritten by pytest, and are not compiled with checks. They do not need them: what
they do not await is dropped at the end of the test at the latest, where Python warns.
"""

from __future__ import annotations

import gc
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest

from .guard_checks import raised
from .guard_roots import is_below_a_root

_NEVER = re.compile(r"coroutine '(.+)' was never awaited")
_PLACE = re.compile(r'^ *File "(.+)", line (\d+), in ', re.MULTILINE)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let settings name functions that are passed coroutines on purpose."""
    parser.addini("guard_allowed", "functions of other packages that may be passed coroutines", "args", [])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """What fixtures make."""
    with _failing():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """What the test itself makes."""
    with _failing():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """What fixtures leave behind."""
    with _failing():
        return (yield)


@contextmanager
def _failing() -> Iterator[None]:
    """Fail if something inside was not awaited; add that to an error that comes out anyway."""
    found: list[str] = []
    raised.clear()
    with warnings.catch_warnings():
        warnings.filterwarnings("always", _NEVER.pattern, RuntimeWarning)
        _collect(found)
        try:
            yield
        except BaseException as error:
            for each in found:
                error.add_note(each)
            raise
        gc.collect(1)  # what hangs in a young circle, like a frame and its error
    found += [str(error) for error in raised]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def _collect(found: list[str]) -> None:
    """Add coroutines that were never awaited to *found*; show other warnings as before."""
    show = warnings.showwarning

    def showwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        never = _NEVER.match(str(message)) if category is RuntimeWarning else None
        if never is None:
            show(message, category, filename, lineno, file, line)
        else:
            file_, number = _origin(str(message)) or (filename, str(lineno))
            found.append(f"{file_}:{number}: the coroutine {never[1]}() was never awaited")

    warnings.showwarning = showwarning


def _origin(message: str) -> tuple[str, str] | None:
    """The place in the project at which the coroutine was made, or else the place at which it was."""
    places = _PLACE.findall(message)
    own = [place for place in places if is_below_a_root(place[0])]
    found: list[tuple[str, str]] = own or places
    return found[-1] if found else None
