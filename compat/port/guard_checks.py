"""The checks that the guard puts into the project's modules: what each place must not be given.

All of them return the value, and raise `NotAwaited` if it is a coroutine that has not begun to run. One that has
begun was awaited by somebody.
"""

from __future__ import annotations

import builtins
import inspect
import linecache
import sys
from collections.abc import Iterable
from dataclasses import is_dataclass
from functools import partial
from types import AsyncGeneratorType, CoroutineType, FrameType
from typing import TypeVar

from .guard_roots import is_below_a_root

Value = TypeVar("Value")

#: How many callers of a coroutine's maker are remembered, to tell where it was made.
ORIGIN_DEPTH = 12
#: Functions that are made to be passed coroutines, wherever they come from, ...
TAKERS = {
    "as_completed", "await_", "await_only", "create_task", "ensure_future", "gather", "greenlet_spawn", "iscoroutine",
    "run", "run_coroutine_threadsafe", "run_until_complete", "shield", "spawn", "start_soon", "wait", "wait_for",
}  # fmt: skip
#: ... containers' methods, and functions that look at a coroutine as an object, ...
_BUILTINS = {
    "add", "append", "appendleft", "extend", "getattr", "hasattr", "id", "insert", "isinstance", "put", "setdefault",
    "type",
}  # fmt: skip
#: ... and packages that know what a coroutine is.
_PACKAGES = {"anyio", "asyncio", "contextlib", "inspect", "pytest_asyncio", "trio", "typing", "unittest", "uvloop"}

#: The errors that were raised; something may have caught them.
raised: list[NotAwaited] = []
_allowed: set[str] = set()


class NotAwaited(RuntimeError):
    """A coroutine stands where a value is expected.

    Attributes:
        file: the file of the place.
        line: its line number.
    """

    def __init__(self, coroutine: str, what: str, file: str, line: int) -> None:
        self.file, self.line = file, line
        code = linecache.getline(file, line).strip()
        super().__init__(f"{file}:{line}: the coroutine {coroutine}() is {what} without being awaited: {code}")


def allow(names: Iterable[str]) -> None:
    """Allow functions of these names to be passed coroutines."""
    _allowed.update(names)


def tested(value: Value) -> Value:
    """A condition, or a part of one."""
    if type(value) is CoroutineType or type(value) is AsyncGeneratorType:
        _refuse(value, "tested for truth")
    return value


def compared(value: Value) -> Value:
    """One side of a comparison, or what is matched."""
    if type(value) is CoroutineType or type(value) is AsyncGeneratorType:
        _refuse(value, "compared")
    return value


def dropped(value: Value) -> Value:
    """A statement of its own."""
    if type(value) is CoroutineType:
        _refuse(value, "dropped")
    return value


def formatted(value: Value) -> Value:
    """A part of a text."""
    if type(value) is CoroutineType:
        _refuse(value, "made a text")
    return value


def passed(value: Value, callee: str) -> Value:
    """An argument of what the caller knows as *callee*, a dotted name."""
    if type(value) is CoroutineType:
        frame = inspect.currentframe()
        if not _takes_coroutines(callee, frame.f_back if frame is not None else None):
            _refuse(value, f"passed to {callee}")
    return value


def _refuse(value: object, what: str) -> None:
    if isinstance(value, CoroutineType):
        if inspect.getcoroutinestate(value) != inspect.CORO_CREATED:
            return
        value.close()  # this error is all there is to say: no warning follows
    frame = inspect.currentframe()
    place = frame.f_back.f_back if frame is not None and frame.f_back is not None else None
    file, line = (place.f_code.co_filename, place.f_lineno) if place is not None else ("?", 0)
    error = NotAwaited(getattr(value, "__qualname__", "?"), what, file, line)
    raised.append(error)
    raise error


def _takes_coroutines(callee: str, frame: FrameType | None) -> bool:
    """Whether *callee* is made for coroutines, or belongs to the project, whose own code is checked."""
    if callee.rpartition(".")[2] in TAKERS | _allowed:
        return True
    function = _find(callee, frame)
    if function is None:
        return True  # it cannot be told; what it does not await is found when it is dropped
    function = _run_by(function)
    package = (getattr(function, "__module__", None) or "").partition(".")[0]
    if package in _PACKAGES:
        return True
    if isinstance(function, type):
        return is_below_a_root(getattr(sys.modules.get(function.__module__), "__file__", None) or "")
    code = getattr(function, "__code__", None)
    return getattr(function, "__name__", "") in _BUILTINS if code is None else is_below_a_root(code.co_filename)


def _find(callee: str, frame: FrameType | None) -> object:
    """What the dotted name stands for where it is called; None if that cannot be told."""
    if frame is None:
        return None
    first, *others = callee.split(".")
    found = frame.f_locals.get(first, frame.f_globals.get(first, getattr(builtins, first, None)))
    for name in others:
        found = getattr(found, name, None)
    return found


def _run_by(function: object) -> object:
    """The function that a call of *function* runs, below partials, methods and decorators."""
    while isinstance(function, partial):
        function = function.func
    if isinstance(function, type):
        if is_dataclass(function):
            return function  # its own ``__init__`` is made by Python, and keeps what it is given
        made_by = inspect.getattr_static(function, "__init__")
        function = made_by if made_by is not object.__init__ else function.__new__
    elif not inspect.isroutine(function):
        function = type(function).__call__ if callable(function) else function
    function = getattr(function, "__func__", function)
    return inspect.unwrap(function) if callable(function) else function
