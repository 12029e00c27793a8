"""docs/security.md: the tests that it names exist, and it names every check, every fault and every requirement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
TESTS = {
    name
    for file in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
}


def test_the_tests_exist() -> None:
    """Each name in the tables is that of a test."""
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 60
    assert sorted(named - TESTS) == []


def test_every_check_has_a_row() -> None:
    """Their numbers ascend without a gap, and the tests of each are those that are marked with its number."""
    rows = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", PAGE, re.MULTILINE)
    numbers = [int(number) for number, _ in rows]
    assert numbers == list(range(1, max(numbers) + 1))
    assert len(numbers) >= 38
    marked: dict[int, set[str]] = {}
    for file in (ROOT / "tests" / "checks").glob("test_*.py"):
        tests = r"^@pytest\.mark\.check\((\d+)\)\n(?:@.*\n)*?(?:async )?def (test_\w+)"
        for number, name in re.findall(tests, file.read_text(), re.MULTILINE):
            marked.setdefault(int(number), set()).add(name)
    assert {int(number): set(re.findall(r"`(test_\w+)`", tests)) for number, tests in rows} == marked


def test_every_check_has_a_fault_that_it_finds() -> None:
    """Its row names a change of the code with which it fails; tests/mutations has it, and is applied for real."""
    rows = re.findall(r"^\| \d+ \|.*$", PAGE, re.MULTILINE)
    assert all(re.match(r"\| \d+ \| [^|]+ \| [^|]{10,} \| [^|]+ \|$", row) for row in rows)


def test_every_fault_has_a_row() -> None:
    """F1 to F27, each with what happens, and a test."""
    rows = re.findall(r"^\| F(\d+) \| [^|]+ \| [^|]+ \| (?:`test_\w+`(?:, )?)+ \|$", PAGE, re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 28))


def test_everything_that_grows_has_a_bound() -> None:
    """G1 to G24, each with its bound, and a test."""
    rows = re.findall(r"^\| G(\d+) \| [^|]+ \| [^|]{7,} \| (?:`test_\w+`(?:, )?)+ \|$", PAGE, re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, 25))


def test_every_requirement_has_a_row() -> None:
    """R1 to R60."""
    numbers: list[int] = []
    for row in re.findall(r"^\| (R\d.*?) \|", PAGE, re.MULTILINE):
        found = [int(number) for number in re.findall(r"\d+", row)]
        numbers += range(found[0], found[1] + 1) if "\N{EN DASH}" in row else found
    assert sorted(numbers) == list(range(1, 61))
