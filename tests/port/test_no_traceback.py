"""Whatever a project is made of, the assistant ports what it can, and names the rest."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.port.edits import plan
from compat.port.findings import Level
from compat.port.porter import port
from compat.port.program import Module

HEAD = "from flask import Flask, request\n\napp = Flask(__name__)\n\n\n"


@pytest.mark.parametrize(
    "code",
    [
        """
        def test_it(p):
            with (open(p) as log, app.test_client() as client,):
                client.get("/")
        """,
        """
        def test_it(p):
            with (app.test_client() as client, open(p) as log,):
                client.get("/")
        """,
        """
        class Base:
            pass


        class Worker(Base):
            def run(self):
                return super().run()


        class Other(Worker):
            pass


        Base = Other
        Worker().run()
        """,
        """
        from json import JSONEncoder as E


        class B(E):
            def default(self, o):
                return super().default(o)


        E = B
        """,
        """
        class A:
            pass


        class B(A):
            def __call__(self):
                return self()


        A.__call__ = B()
        A()()
        """,
        """
        def walk(path, other):
            path = [path[0], other[1]]
            other = (path, other[0], {"x": other})
            for path, other in other[2].items():
                path = [each[0] for each in path]
            return path[0](other[1])


        walk([walk, len], (len, [walk]))
        """,
    ],
)
@pytest.mark.quick
def test_shapes_that_once_failed(tmp_path: Path, code: str) -> None:
    """Commas at the end of a with, classes that are their own bases, and lists inside of themselves, are ported."""
    (tmp_path / "site.py").write_text(HEAD + dedent(code))

    found = port(tmp_path / "site.py")

    compile(found.files[0].after, "ported", "exec")
    assert found.is_complete


@pytest.mark.quick
def test_a_module_on_which_it_fails_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is to do by hand, and named; the others are ported."""
    (tmp_path / "good.py").write_text(f"{HEAD}@app.post('/')\ndef index():\n    return request.form['x']\n")
    (tmp_path / "bad.py").write_text(HEAD)

    def fail(module: Module, *others: Any) -> Any:
        if module.shown == "bad.py":
            raise LookupError("three\nlines\n")
        return plan(module, *others)

    monkeypatch.setattr("compat.port.porter.plan", fail)
    found = port(tmp_path)

    assert [file.shown for file in found.files] == ["good.py"]
    assert b"(await request.form)" in found.files[0].after
    todo = [str(each) for each in found.findings if each.level is Level.TODO]
    why = "bad.py:0: todo: bad.py: the assistant fails on it (LookupError: three lines)"
    assert todo == [f"{why}. Port it by hand, and report this as a bug"]


@pytest.fixture
def usual_recursion_limit() -> Iterator[None]:
    """Python's own, which hypothesis raises."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("usual_recursion_limit")
def test_what_is_nested_too_deep_is_left(tmp_path: Path) -> None:
    """An expression of more parts than Python can recurse is named; the other files are ported."""
    (tmp_path / "good.py").write_text(f"{HEAD}@app.post('/')\ndef index():\n    return request.form['x']\n")
    (tmp_path / "deep.py").write_text(f"x = {'+'.join(['1'] * 1_500)}\n")

    found = port(tmp_path)

    assert [file.shown for file in found.files] == ["good.py"]
    assert ["nested too deep" in str(each) for each in found.findings] == [True]


NAMES = st.sampled_from(["A", "B", "C"])
CLASSES = st.builds(
    lambda name, bases, method, result: (
        f"class {name}({', '.join(dict.fromkeys(bases))}):\n"
        f"    def {method}(self, *args, **kw):\n        return {result}\n"
    ),
    NAMES,
    st.lists(st.sampled_from(["A", "B", "C", "object", "Flask"]), max_size=2),
    st.sampled_from(["save", "validate", "__call__"]),
    st.sampled_from(["super().save()", "super(A, self).validate()", "self.save()", "self()", "request.form", "B()()"]),
)
ASSIGNED = st.builds("{} = {}\n".format, NAMES, st.sampled_from(["A", "B", "C", "A()", "B", "super", "partial(A, B)"]))
ITEM = st.sampled_from(
    ["open('x')", "open('x') as log", "app.test_client()", "app.test_client() as client", "A() as a"]
)
WITHS = st.builds(
    lambda items, parentheses, comma: (
        f"def test_it():\n    with ({', '.join(items)}{comma}):\n        pass\n"
        if parentheses
        else f"def test_it():\n    with {', '.join(items)}:\n        pass\n"
    ),
    st.lists(ITEM, min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from(["", ",", ",\n        "]),
)
DECORATED = st.builds(
    "@{}\ndef {}(x, *, y=None):\n    return {}\n".format,
    st.sampled_from(["A", "A()", "B(1)", "app.get('/')", "staticmethod", "app.cli.command()", "x.y[0]"]),
    st.sampled_from(["view", "A", "validate_name"]),
    st.sampled_from(["request.form", "x.save()", "[request.form for x in y]", "lambda: request.form", "(yield x)"]),
)
IMPORTS = st.sampled_from(
    ["from x import A\n", "import x.y as B\n", "from . import C\n", "from functools import partial\n"]
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file, for all examples."""
    return tmp_path_factory.mktemp("shapes") / "test_site.py"


@settings(deadline=None, max_examples=150)
@given(parts=st.lists(st.one_of(CLASSES, ASSIGNED, WITHS, DECORATED, IMPORTS), max_size=7))
def test_any_shapes(file: Path, parts: list[str]) -> None:
    """Classes, decorators, imports and withs of any shape are ported to Python, and not changed by a second run."""
    file.write_text(HEAD + "\n".join(parts))
    try:
        ast.parse(file.read_text())
    except SyntaxError:
        return

    found = port(file)

    assert not [each for each in found.findings if "fails on it" in str(each)]
    file.write_bytes(found.files[0].after)
    assert not port(file).files[0].is_changed
