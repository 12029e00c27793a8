from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from compat.port.collect import read_module
from compat.port.program import Module

pytestmark = pytest.mark.quick

STATEMENTS = dedent(
    '''
    #!/usr/bin/env python
    """A text
    of two lines."""

    import a; import b.c as d

    x = (
        a,
        "\\
        continued", f"""one
        {a.two}"""
    )

    @a.b
    @a.c(
        d, e=lambda: f(
            g))

    # a remark
    async def h(
        i: a.I = a.i(), *j: int
    ) -> a.K:
        async with a.l() as m, (
            a.n()
        ): pass
        if (m
                and i): return a.o
        elif a.p(
            m
        ):
            for q in \\
                    a.q():
                yield a.r
            else: a.s; a.t()
        else:
            while a.u: break
        try:
            a.v()
        except (a.W,
                a.X) as y:
            raise
        except* a.Y: pass
        finally:
            a.z()

    class A(
        a.A, b=a.B
    ):
        c: int = \\
            a.C

        def d(self): return (
            self.c)
    '''
).removeprefix("\n")
MATCHES = dedent(
    """
    match a.b:
        case [1, c] if a.d(
            c
        ):
            a.e
        case _: pass
    """
)


def read(source: str) -> Module:
    """A module of that text."""
    return read_module(Path("site.py"), "site.py", ("site",), "", source.encode())


@pytest.mark.parametrize(
    "source",
    [
        STATEMENTS.replace("except* a.Y: pass", ""),
        "def f():\n" + "\n".join(f"    {line}" for line in MATCHES.splitlines()) + "\n",
        "try:\n    a\nexcept* a.B:\n    a.c(\n        a.d)\n",
        "\ufeff# a remark\r\n\r\na = (\r\n    b.c)\r\n",
        "x = '\\d'\ny = (\n    x)\n",
        "type X[\n    T] = a.b(\n        T)\nz = a.z\n",
    ],
    ids=["statements", "match", "except*", "line ends", "escape", "newer Python"],
)
def test_lines_are_libcsts(source: str) -> None:
    """Each node begins on the line that LibCST tells, whatever statement it stands in."""
    module = read(source)
    expected = MetadataWrapper(module.tree, unsafe_skip_copy=True).resolve(PositionProvider)
    nodes: list[cst.CSTNode] = [node for node in module.scopes if node in expected]

    assert {node: module.line(node) for node in nodes} == {node: expected[node].start.line for node in nodes}
    assert len({module.line(node) for node in nodes}) > 2


def test_the_file_is_not_written_again_for_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """To tell the line of an expression, its statement is looked at, and not the whole file."""
    module = read("import a\n\n\ndef f():\n    return a.b(\n        a.c)\n\n" + "a.d()\n" * 500)
    written = []
    resolve = MetadataWrapper.resolve

    def resolve_noting(wrapper: MetadataWrapper, kind: type[PositionProvider]) -> object:
        written.append(len(wrapper.module.code))
        return resolve(wrapper, kind)

    monkeypatch.setattr(MetadataWrapper, "resolve", resolve_noting)

    assert [module.line(node) for node in module.attributes[:2]] == [5, 6]
    assert max(written) < 100
