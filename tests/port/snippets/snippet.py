"""A snippet: code before and after the port."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Snippet:
    """Code before and after the port, and the sentence that it shows."""

    says: str
    before: str
    after: str


def snippet(says: str, before: str, after: str) -> Snippet:
    """Code as it is written in a table: indented, after an empty line."""
    return Snippet(says, dedent(before).lstrip("\n"), dedent(after).lstrip("\n"))


def view(says: str, before: str, after: str, imports: str = "request") -> Snippet:
    """Lines of one view, without what is around them."""
    names = ", ".join(["Blueprint", *imports.split(", ")])
    head = f'from {{}} import {names}\n\nbp = Blueprint("site", __name__)\n\n\n@bp.route("/")\n{{}} view():\n'

    def whole(package: str, define: str, lines: str) -> str:
        body = "".join(f"    {line}\n" for line in dedent(lines).strip("\n").splitlines())
        return head.format(package, define) + body

    return Snippet(says, whole("flask", "def", before), whole("quart", "async def", after))
