"""The guard makes an error, with file and line, of a coroutine that nobody awaits, and changes nothing else."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from textwrap import dedent, indent
from typing import Any
from xml.etree import ElementTree

import pytest

from compat.port import guard, guard_roots
from compat.port.guard_checks import NotAwaited

pytestmark = pytest.mark.quick

NUMBERS = count()
HEAD = """
import asyncio, json
from dataclasses import dataclass
from functools import partial

async def work(x=0):
    await asyncio.sleep(0)
    return x

class Page:
    @property
    async def form(self):
        return {}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules are checked.

    The thousands of modules that other tests have imported are not looked through: that would take most of the time.
    """
    monkeypatch.setattr(guard, "_imported_before", lambda _caller: iter(()))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(guard_roots, "_roots", [])
    monkeypatch.syspath_prepend(tmp_path)
    depth = sys.get_coroutine_origin_tracking_depth()
    with warnings.catch_warnings():
        guard.install(tmp_path)
        yield tmp_path
    sys.set_coroutine_origin_tracking_depth(depth)
    guard_roots.is_below_a_root.cache_clear()


def imported(root: Path, code: str) -> Any:
    """The module with that code, under a name of its own."""
    name = f"guarded_{next(NUMBERS)}"
    (root / f"{name}.py").write_text(code)
    return importlib.import_module(name)


SILENT = {
    "an if": ("if work(): pass", "tested"),
    "a property": ("if Page().form: pass", "tested"),
    "a while": ("while work(): pass", "tested"),
    "an assertion": ("assert work()", "tested"),
    "a conditional expression": ("x = 1 if work() else 2", "tested"),
    "a negation": ("x = not work()", "tested"),
    "an and": ("x = work() and 1", "tested"),
    "an or": ("x = work() or 1", "tested"),
    "the end of an or": ("if False or work(): pass", "tested"),
    "a named condition": ("if x := work(): pass", "tested"),
    "a comprehension": ("x = [y for y in 'a' if work()]", "tested"),
    "a case": ("match 1:\n    case 1 if work(): pass", "tested"),
    "an equation": ("x = work() == 1", "compared"),
    "its right side": ("x = 1 != work()", "compared"),
    "an identity": ("x = work() is None", "compared"),
    "a membership": ("x = work() in [1]", "compared"),
    "a match": ("match work():\n    case 1: pass", "compared"),
    "a statement": ("work()", "dropped"),
    "an argument": ("print(work())", "passed to print"),
    "a keyword argument": ("json.dumps(obj=work(), skipkeys=True)", "passed to json.dumps"),
    "an argument of a class": ("x = json.JSONEncoder(default=work())", "passed to json.JSONEncoder"),
    "an argument of a partial": ("p = partial(json.dumps)\np(work())", "passed to p"),
    "an f-string": ("x = f'{work()}'", "made a text"),
    "a text": ("x = '%s' % work()", "made a text"),
    "more of a text": ("x = '%s %s' % (1, work())", "made a text"),
}


@pytest.mark.parametrize(("code", "what"), SILENT.values(), ids=SILENT)
def test_it_raises_with_file_and_line(root: Path, code: str, what: str) -> None:
    """Wherever a coroutine would be taken for a value, an error names the place, the coroutine and the code."""
    module = imported(root, f"{HEAD}\ndef view():\n{indent(code, '    ')}\n")
    lines = Path(str(module.__file__)).read_text().splitlines()
    (line,) = [number for number, text in enumerate(lines, 1) if number > 15 and ("work()" in text or ".form" in text)]

    with pytest.raises(NotAwaited) as raised:
        module.view()

    assert (raised.value.file, raised.value.line) == (module.__file__, line)
    assert f"{what}" in str(raised.value)
    assert str(raised.value).endswith(lines[line - 1].strip())


def test_a_correct_program_runs_unchanged(root: Path) -> None:
    """Coroutines that are awaited, in whichever way, and everything else that Python has, are left alone."""
    module = imported(
        root,
        '"""Of this."""\nfrom __future__ import annotations\n'
        + HEAD
        + dedent("""
        from concurrent.futures import ThreadPoolExecutor
        from typing import get_type_hints, NamedTuple

        class Row(NamedTuple):
            x: int = 1

        @dataclass
        class Job:
            work: object
            text: "str" = "x"

        class Base:
            def __init__(self, job=None):
                self.job = job

        class Deep(Base):
            def __init__(self, job):
                super().__init__(job)

        def later(coroutine, *rest, **named):
            return coroutine

        def hints(x: Row, y: list[int] = [1]) -> dict[str, Row]:
            return {}

        async def view(page):
            first = asyncio.create_task(work(1))
            async with asyncio.TaskGroup() as group:
                second = group.create_task(work(2))
            many = []
            many.append(work(4))
            task = None
            if page is not None:
                task = work(5)
            if task is not None:
                fifth = await task
            assert isinstance(work, object) and asyncio.iscoroutine(c := work(9)), "no"
            await c
            jobs = Job(work(6)), Deep(work(7)), Job(work=work(8))
            match Row(3):
                case Row(x=3) if not None:
                    third = 3
            text = f"{third=} {await page.form!r:>4}" + "%s" % await work("a")
            numbers = [await first, second.result(), third, *await asyncio.gather(*many), fifth]
            numbers += [await (await asyncio.shield(later(work(job), 1, *(), **{}))) for job in [jobs[0].work]]
            numbers += [await jobs[1].job, await asyncio.wait_for(jobs[2].work, 5)]
            return numbers, text, [x for x in numbers if x > 2 and x != 4 or x == 8], get_type_hints(hints)

        def run():
            with ThreadPoolExecutor() as pool:
                return pool.submit(asyncio.run, view(Page())).result()
    """),
    )

    numbers, text, some, hints = module.run()
    row: Any = module.Row

    assert (numbers, text, some) == ([1, 2, 3, 4, 5, 6, 7, 8], "third=3   {}a", [3, 5, 6, 7, 8])
    assert hints == {"x": row, "y": list[int], "return": dict[str, row]}
    assert module.__doc__ == "Of this."
    assert not [*root.rglob("*.pyc")]


def test_others_code_is_left_alone(root: Path) -> None:
    """Installed packages and hidden folders below the root are not compiled with checks."""
    for folder in ("site-packages", ".hidden", "surroundings"):
        (root / folder).mkdir()
        (root / folder / "work.py").write_text("")
    (root / "surroundings" / "pyvenv.cfg").touch()

    assert guard_roots.is_below_a_root(str(root / "work.py"))
    for folder in ("site-packages", ".hidden", "surroundings"):
        assert not guard_roots.is_below_a_root(str(root / folder / "work.py"))


@pytest.mark.tools
def test_what_was_imported_before_is_named(root: Path) -> None:
    """Modules that the guard comes too late for are named in a warning, and those of the caller are not."""
    other = root / "other"
    other.mkdir()
    (other / "early_one.py").write_text("")
    (other / "entry_one.py").write_text(
        "import early_one\nfrom compat.port import guard\n\nguard.install(__file__.rpartition('/')[0])\n"
    )
    run = [sys.executable, "-c", "import entry_one"]

    shown = subprocess.run(run, cwd=other, capture_output=True, text=True, check=True).stderr  # noqa: S603

    assert "not checked: early_one. Call it earlier" in shown


TESTS = """
import asyncio
import pytest
from site_of_ours import view, swallow, forget, work

@pytest.fixture
def forgetful():
    forget()

def test_good():
    assert asyncio.run(work()) is None

def test_asserted():
    assert work()  # here

def test_dropped():
    work()  # here

def test_forgotten_by_the_application():
    forget()

def test_forgotten_by_a_fixture(forgetful):
    pass

def test_tested_by_the_application():
    view()

def test_caught_by_the_application():
    swallow()

def test_rewritten_by_pytest():
    number = 3
    assert number == 4
"""
SITE = """
async def work():
    pass

def forget():
    never = work()  # forgotten

def view():
    if work():  # tested
        return True

def swallow():
    try:
        view()
    except Exception:
        pass
"""


@pytest.mark.tools
def test_as_a_plugin_of_pytest(tmp_path: Path) -> None:
    """Each test that leaves a coroutine unawaited fails, with its line; the others, and pytest's own work, stay."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nguard_allowed = spawn_all\n")
    (tmp_path / "site_of_ours.py").write_text(SITE)
    (tmp_path / "test_ours.py").write_text(TESTS)
    (tmp_path / "conftest.py").write_text("import site_of_ours\n")
    report = tmp_path / "report.xml"
    run = [sys.executable, "-m", "pytest", "-p", "compat.port.guard", "-p", "no:cacheprovider", "-q"]
    run += ["--rootdir", str(tmp_path), "-c", str(tmp_path / "pytest.ini"), "--junitxml", str(report), str(tmp_path)]

    subprocess.run(run, cwd=Path(__file__).parents[2], capture_output=True, check=False)  # noqa: S603

    said = {
        case.get("name"): "".join(each.get("message", "") + (each.text or "") for each in case)
        for case in ElementTree.parse(report).iter("testcase")  # noqa: S314
    }
    assert "assert 3 == 4" in said.pop("test_rewritten_by_pytest")
    assert said.pop("test_good") == ""
    assert {name: place(text) for name, text in said.items()} == {
        "test_asserted": ("test_ours.py", "assert work()  # here"),
        "test_dropped": ("test_ours.py", "work()  # here"),
        "test_forgotten_by_the_application": ("site_of_ours.py", "never = work()  # forgotten"),
        "test_forgotten_by_a_fixture": ("site_of_ours.py", "never = work()  # forgotten"),
        "test_tested_by_the_application": ("site_of_ours.py", "if work():  # tested"),
        "test_caught_by_the_application": ("site_of_ours.py", "if work():  # tested"),
    }


def place(text: str) -> tuple[str, str]:
    """The file that a failure names, and the code in its line."""
    found = re.search(r"(\w+\.py):(\d+): the coroutine work\(\) ", text)
    assert found is not None, text
    return found[1], (TESTS if found[1] == "test_ours.py" else SITE).splitlines()[int(found[2]) - 1].strip()
