"""Whatever expression a view is made of: what is to be awaited is awaited, and nothing else changes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat.port.porter import port

HEAD = (
    "from flask import Flask, render_template, request\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef view(x, f):\n"
)
AWAITED = ["request.form", "request.json", "request.get_json()", "render_template('x')", "request.files"]
PLAIN = ["x", "1", "'x'", "request.args", "f"]


def _expression(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body


def _compound(inner: st.SearchStrategy[ast.expr]) -> st.SearchStrategy[ast.expr]:
    """Every way in which an expression stands inside of another."""
    name = ast.Name("each")
    return st.one_of(
        st.builds(lambda a: ast.Attribute(a, "a"), inner),
        st.builds(lambda a, b: ast.Subscript(a, b), inner, inner),
        st.builds(lambda a: ast.Subscript(a, ast.Slice(ast.Constant(1))), inner),
        st.builds(lambda a, b, c: ast.Call(a, [b], [ast.keyword("k", c)]), inner, inner, inner),
        st.builds(lambda a: ast.Call(ast.Name("f"), [ast.Starred(a)], [ast.keyword(None, a)]), inner),
        st.builds(
            lambda a, o, b: ast.BinOp(a, o, b), inner, st.sampled_from([ast.Add(), ast.Pow(), ast.MatMult()]), inner
        ),
        st.builds(lambda o, a: ast.UnaryOp(o, a), st.sampled_from([ast.Not(), ast.USub()]), inner),
        st.builds(lambda o, a, b: ast.BoolOp(o, [a, b]), st.sampled_from([ast.And(), ast.Or()]), inner, inner),
        st.builds(lambda a, b: ast.Compare(a, [ast.In(), ast.IsNot()], [b, a]), inner, inner),
        st.builds(lambda a, b, c: ast.IfExp(a, b, c), inner, inner, inner),
        st.builds(lambda a, b: ast.List([a, ast.Tuple([b])]), inner, inner),
        st.builds(lambda a, b: ast.Dict([a, None], [b, b]), inner, inner),
        st.builds(lambda a: ast.NamedExpr(ast.Name("y"), a), inner),
        st.builds(
            lambda a, b, c: ast.ListComp(a, [ast.comprehension(name, b, [c], 0)]), inner, inner, inner
        ),
        st.builds(lambda a, b: ast.DictComp(a, a, [ast.comprehension(name, b, [], 0)]), inner, inner),
        st.builds(lambda b: ast.GeneratorExp(name, [ast.comprehension(name, b, [], 0)]), inner),
        st.builds(lambda a: ast.JoinedStr([ast.Constant("x"), ast.FormattedValue(a, -1)]), inner),
    )  # fmt: skip


EXPRESSIONS = st.recursive(st.sampled_from([*AWAITED, *PLAIN]).map(_expression), _compound, max_leaves=8)


class _WithoutAwaits(ast.NodeTransformer):
    def __init__(self) -> None:
        self.awaited: list[str] = []

    def visit_Await(self, node: ast.Await) -> ast.expr:  # ast's name
        self.awaited.append(ast.unparse(_WithoutAwaits().visit(node.value)))
        return self.visit(ast.parse(ast.unparse(node.value), mode="eval").body)  # type: ignore[no-any-return]


def _without_repeated_names(code: str) -> bool:
    """Whether Python takes the code at all: it refuses some assignments inside comprehensions."""
    try:
        compile(code, "generated", "exec")
    except SyntaxError:
        return False
    return True


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file, for all examples."""
    return tmp_path_factory.mktemp("any") / "site.py"


@settings(deadline=None)  # how long it takes is no matter of this test
@given(expression=EXPRESSIONS)
def test_any_expression(file: Path, expression: ast.expr) -> None:
    """Without its awaits the ported view is the view, and awaited is exactly what is to be."""
    before = f"{HEAD}    return {ast.unparse(ast.fix_missing_locations(expression))}\n"
    if not _without_repeated_names(before):
        return
    file.write_text(before)

    after = port(file).files[0].after.decode()

    compile(after, "ported", "exec")
    strip = _WithoutAwaits()
    stripped = ast.unparse(strip.visit(ast.parse(after)))
    expected = before.replace("flask", "quart").replace("Flask", "Quart").replace("def view", "async def view")
    assert stripped == ast.unparse(ast.parse(expected))
    to_await = [ast.unparse(node) for node in ast.walk(ast.parse(before)) if isinstance(node, ast.expr)]
    assert sorted(strip.awaited) == sorted(code for code in to_await if code in AWAITED)

    file.write_text(after)
    assert not port(file).files[0].is_changed
