"""Programs that a test needs: without one it is skipped, but never in CI."""

from __future__ import annotations

import os

import pytest


def needed(program: str | None, how_to_get_it: str) -> str:
    """The program, if there is one.

    Arguments:
        program: its path; None if it was not found.
        how_to_get_it: one sentence: what is left out without it, and how to install it.
    """
    if program is not None:
        return program
    if os.environ.get("CI"):
        pytest.fail(how_to_get_it)
    pytest.skip(how_to_get_it)
