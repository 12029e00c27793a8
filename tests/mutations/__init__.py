"""Mutations: changes of the code, each of which breaks a rule, and the tests that find it.

A test that cannot fail proves nothing. ``make mutations`` applies each change to a copy of the repository and runs the
tests that are named with it: they must fail. ``make test`` only checks that the changes fit the code.

====================  ==========================================================
``mutation``          the class of an entry
``checks_1_to_10``    entries for the checks of docs/security.md
``checks_11_to_20``   the same
``checks_21_to_30``   the same
``checks_31_to_40``   the same
``checks_41_to_50``   the same
``packages``          entries for rules of each package, found by ``make test``
``tree``              a copy of the repository in which one change is applied at a time
``run``               runs the tests of a mutation, and reads what became of them
``__main__``          the command
====================  ==========================================================

To add an entry, append a ``Mutation`` to a list, and run ``python -m tests.mutations --only`` with its check.
"""

from __future__ import annotations

from . import checks_1_to_10, checks_11_to_20, checks_21_to_30, checks_31_to_40, checks_41_to_50, packages
from .mutation import Mutation

MUTATIONS: tuple[Mutation, ...] = (
    *checks_1_to_10.MUTATIONS,
    *checks_11_to_20.MUTATIONS,
    *checks_21_to_30.MUTATIONS,
    *checks_31_to_40.MUTATIONS,
    *checks_41_to_50.MUTATIONS,
    *packages.MUTATIONS,
)
"""All of them."""
