"""Runs a script of ``shell``: Python with top-level ``await``."""

from __future__ import annotations

import ast
import traceback
from inspect import isawaitable
from types import FunctionType
from typing import Any


async def run_script(script: str, names: dict[str, Any]) -> int:
    """Run a script; print the traceback of its error, if any.

    Args:
        script: the source text.
        names: its global names; the script adds its own.

    Returns:
        the exit status: 0, or 1 after an error.
    """
    try:
        block = compile(script, "<stdin>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = FunctionType(block, names)()
        if isawaitable(result):  # only a script that awaits makes a coroutine
            await result
    except Exception as error:  # noqa: BLE001 - shown to the author of the script
        traceback.print_exception(error)
        return 1
    return 0
