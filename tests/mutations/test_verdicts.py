"""What is said of a mutation is what became of its tests: real runs of pytest, in a repository of two files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations.mutation import Mutation
from tests.mutations.run import Verdict, passing_tests, try_mutation
from tests.mutations.tree import ImportedElsewhere, Tree

pytestmark = pytest.mark.tools

_TESTS = """
import pytest
from rule import allowed, first

@pytest.fixture
def one():
    return first()

def test_refused(): assert not allowed(13)
def test_allowed(): assert allowed(20)
def test_first(one): assert one == 1
def test_wrong(): assert allowed(1)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A rule, and its tests, one of which fails."""
    (tmp_path / "rule.py").write_text("def allowed(age): return age >= 18\ndef first(): return 1\n")
    (tmp_path / "test_rule.py").write_text(_TESTS)
    return Tree(tmp_path)


def mutation(old: str, new: str, *tests: str) -> Mutation:
    """A mutation of the rule."""
    return Mutation(
        breaks="A rule.", file="rule.py", old=old, new=new, tests=tuple(f"test_rule.py::{t}" for t in tests)
    )


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        (mutation("age >= 18", "True", "test_refused"), Verdict.CAUGHT),
        (mutation("age >= 18", "True", "test_allowed"), Verdict.SURVIVED),
        (mutation("age >= 18", "True", "test_refused", "test_allowed"), Verdict.SURVIVED),
        (mutation("def allowed", "def permitted", "test_refused"), Verdict.UNDECIDED),
        (mutation("return 1\n", "raise LookupError\n", "test_first"), Verdict.UNDECIDED),
        (mutation("age >= 18", "True", "test_nothing"), Verdict.UNDECIDED),
    ],
    ids=["caught", "survived", "half", "import error", "error of a fixture", "no such test"],
)
def test_verdicts(tree: Tree, changed: Mutation, verdict: Verdict) -> None:
    """Each named test has to fail: an error before it, or a test that does not exist, proves nothing."""
    assert try_mutation(tree, changed).verdict is verdict


def test_what_fails_by_itself(tree: Tree) -> None:
    """A test that fails without a mutation is not among those that pass."""
    tests = ["test_rule.py::test_refused", "test_rule.py::test_wrong"]
    assert passing_tests(tree, tests, jobs=1) == {"test_rule.py::test_refused"}


def test_packages_of_the_copy(tree: Tree) -> None:
    """A copy without the packages would test the installed ones, and is refused."""
    with pytest.raises(ImportedElsewhere):
        tree.require_own_packages()
