"""The interactive console of ``shell``, and its scripts: Python with top-level ``await``."""

from __future__ import annotations

import ast
import asyncio
import code
import traceback
from contextlib import suppress
from inspect import isawaitable
from types import CodeType, FunctionType
from typing import Any

from .shell_loop import Loop

Names = dict[str, Any]


def run_script(script: str, names: Names, loop: Loop) -> int:
    """Run a script; return the exit status."""
    try:
        block = compile(script, "<stdin>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        failed: BaseException | None = error
    else:
        failed = loop.run(_attempt(block, names))
    if isinstance(failed, SystemExit):
        raise failed
    if failed is not None:
        traceback.print_exception(failed)
    return 0 if failed is None else 1


def converse(banner: str, names: Names, loop: Loop) -> None:
    """Read, run and print until the end of the input, or ``exit()``."""
    _complete(names)
    with suppress(SystemExit):
        _Console(names, loop).interact(banner, "")


async def _attempt(block: CodeType, names: Names) -> BaseException | None:
    """Run a block of code, which may await; return the error that it raised, if any."""
    try:
        result = FunctionType(block, names)()
        if isawaitable(result):
            await result
    except (Exception, SystemExit, asyncio.CancelledError) as error:  # noqa: BLE001 - shown to the user of the shell
        return error
    return None


class _Console(code.InteractiveConsole):
    def __init__(self, names: Names, loop: Loop) -> None:
        super().__init__(names)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._names = names
        self._loop = loop

    def runcode(self, code: CodeType) -> None:
        failed = self._loop.run(_attempt(code, self._names))
        if isinstance(failed, SystemExit):
            raise failed
        if failed is not None:
            self.write("".join(traceback.format_exception(failed)))


def _complete(names: Names) -> None:
    """Turn on completion with the tab key, and the history of lines, if readline is available."""
    try:
        import readline
        from rlcompleter import Completer
    except ImportError:
        return
    readline.set_completer(Completer(names).complete)
    readline.parse_and_bind("tab: complete")
