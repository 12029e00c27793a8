"""The mutations fit the code, the checks of docs/security.md, and the tests; ``make mutations`` applies them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutations import MUTATIONS
from tests.mutations.mutation import Mutation
from tests.mutations.tree import ROOT, Tree

_LONG = re.search(r"^LONG := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
_PAGE = (ROOT / "docs" / "security.md").read_text()
_ROWS = {
    int(number): set(re.findall(r"`(test_\w+)`", tests))
    for number, tests in re.findall(r"^\| (\d+) \| .* \| (.*) \|$", _PAGE, re.MULTILINE)
}


def packages() -> set[str]:
    """The packages that need a mutation: the library, the assistant, each folder of the application, the benchmarks."""
    folders = {file.parent.relative_to(ROOT).as_posix() for file in (ROOT / "quart_app").glob("*/__init__.py")}
    return {"compat", "compat/port", "quart_app", "benchmarks", *folders}


def test_each_changes_one_place() -> None:
    """The text of each stands in its file once, and what replaces it is something else that Python can read."""
    for mutation in MUTATIONS:
        source = (ROOT / mutation.file).read_text()
        changed = mutation.apply(source)
        assert changed != source, mutation
        if mutation.file.endswith(".py"):
            ast.parse(changed)


def test_each_check_has_one() -> None:
    """Each check of docs/security.md has a mutation, and the tests that find it are those of the check."""
    assert _ROWS
    assert {mutation.check for mutation in MUTATIONS} - {None} == set(_ROWS)
    for mutation in MUTATIONS:
        names = {test.partition("::")[2].partition("[")[0] for test in mutation.tests}
        assert names, mutation
        assert mutation.check is None or names <= _ROWS[mutation.check], mutation


@pytest.mark.tools
def test_make_test_finds_one_of_each_package() -> None:
    """Each test that is named exists, and for each package ``make test`` runs one that finds a mutation of it."""
    named = sorted({test for mutation in MUTATIONS for test in mutation.tests})
    assert _LONG is not None
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "-m", f"not ({_LONG[1]})", *named],
        cwd=ROOT, env=Tree(ROOT).environment, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr  # 4: there is no such test
    quick = set(done.stdout.splitlines())
    found = {mutation.package for mutation in MUTATIONS if quick & set(mutation.tests)}
    assert packages() - found == set()


def test_a_text_that_is_missing_or_there_twice() -> None:
    """Neither can be replaced: the mutation would change nothing, or more than it says."""
    mutation = Mutation(breaks="Nothing.", file="some.py", old="a", new="b", tests=())
    assert mutation.apply("cat") == "cbt"
    for source in ("dog", "banana"):
        with pytest.raises(ValueError, match=r"^some\.py has 'a' "):
            mutation.apply(source)


def test_a_file_is_as_it_was(tmp_path: Path) -> None:
    """Inside the block it is changed, with another time, so Python compiles it again; afterwards it is as before."""
    file = tmp_path / "some.py"
    file.write_text("one = 1\n")
    before = file.stat()
    mutation = Mutation(breaks="One is two.", file="some.py", old="1", new="2", tests=())
    with Tree(tmp_path).changed_by(mutation):
        assert file.read_text() == "one = 2\n"
        assert int(file.stat().st_mtime) != int(before.st_mtime)
    assert file.read_text() == "one = 1\n"
    assert file.stat().st_mtime_ns == before.st_mtime_ns
