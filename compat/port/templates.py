"""Templates: Jinja awaits what they call, and not what they only name, so ``request.form`` is empty there.

They are given it instead: ``request_form``, from each ``render_template`` that leads to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .findings import Finding, Level
from .sources import find_files

NOT_AWAITED = "it has to be awaited, but templates await only what they call: it is empty here"
GIVE_IT = "Give the template `request_{0}=await request.{0}`, and use that"
_SUFFIXES = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".txt", ".xml")
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_AWAITED = re.compile(r"(?<![\w.])request\.(form|files|json|data|values)\b")
_LEADS_TO = re.compile(r"\{%-?\s*(?:extends|include|import|from)\s+[\"']([^\"']+)")


@dataclass(frozen=True)
class Template:
    """A file below a folder ``templates``."""

    path: Path
    shown: str
    name: str
    source: str

    @property
    def asks_for(self) -> frozenset[str]:
        """The attributes of the request that it names, and that are to be awaited."""
        return frozenset(asked_for_in(self.source))

    @property
    def leads_to(self) -> frozenset[str]:
        """The templates that it extends, includes or imports."""
        return frozenset(_LEADS_TO.findall(self.source))

    def given(self) -> str:
        """Its source, using what it is given."""
        return _CODE.sub(lambda code: _AWAITED.sub(r"request_\1", code[0]), self.source)


def asked_for_in(source: str) -> set[str]:
    """The attributes of the request that the template *source* names, and that are to be awaited."""
    return {name for code in _CODE.findall(source) for name in _AWAITED.findall(code)}


class Templates:
    """The templates of a project."""

    def __init__(self, root: Path) -> None:
        self.all = list(_read(root))
        self.rendered: set[str] = set()

    def needs(self, name: str) -> frozenset[str]:
        """The attributes of the request that rendering *name* asks for; note that it is rendered."""
        below = self._below(name)
        self.rendered |= below
        return self._asked_by(below)

    def asking(self, names: re.Pattern[str]) -> dict[str, frozenset[str]]:
        """The templates whose name fits *names*, and that ask for attributes of the request; those attributes."""
        asked = {each.name: self._asked_by(self._below(each.name)) for each in self.all if names.fullmatch(each.name)}
        return {name: attributes for name, attributes in asked.items() if attributes}

    def mention(self, name: str) -> bool:
        """Whether any of them contains the word *name*."""
        return any(name in template.source for template in self.all)

    def _below(self, name: str) -> set[str]:
        """The template, and those that it leads to."""
        seen, waiting = set[str](), [name]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting += [leads for each in self._named(current) for leads in each.leads_to]
        return seen

    def _asked_by(self, names: set[str]) -> frozenset[str]:
        return frozenset(attribute for each in self._named(*names) for attribute in each.asks_for)

    def unreached(self) -> Iterator[Finding]:
        """What is to be said of templates that no ``render_template("name")`` leads to."""
        for template in self.all:
            if template.name in self.rendered:
                continue
            for number, line in enumerate(template.source.splitlines(), 1):
                for attribute in _AWAITED.findall(line):
                    what = f"request.{attribute}"
                    do = GIVE_IT.format(attribute)
                    yield Finding(template.shown, number, Level.TODO, what, NOT_AWAITED, do)

    def _named(self, *names: str) -> Iterable[Template]:
        return (template for template in self.all if template.name in names)


def _read(root: Path) -> Iterator[Template]:
    for path in find_files(root, *_SUFFIXES):
        below = path.relative_to(root if root.is_dir() else root.parent)
        if "templates" in below.parts[:-1]:
            start = len(below.parts) - 1 - below.parts[::-1].index("templates")
            try:
                source = path.read_bytes().decode()
            except UnicodeDecodeError:
                continue
            yield Template(path, below.as_posix(), "/".join(below.parts[start + 1 :]), source)
