"""Files that are neither Python nor templates: what the project requires, and how pytest runs its tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from .extensions import DISTRIBUTIONS, advice
from .findings import Finding, Level
from .sources import find_files

_REQUIREMENT = re.compile(r"""^\s*["']?([A-Za-z][\w.-]*)\s*(?:\[[\w,\s-]*\])?\s*(?:[=<>~!;"',@(^]|$)""")
_QUOTED = re.compile(r"""(?<!name = )["']([A-Za-z][\w.-]*)(?:\[[\w,\s-]*\])?\s*(?:[=<>~!;@][^"']*)?["']""")
#: A requirement that no version 3 of Flask-SQLAlchemy meets.
_OLD_SQLALCHEMY = re.compile(r"(?:==|~=|<=)\s*[012]\.|<\s*3(?:\.0)*(?![.\d])")
#: The extras of Dash.
_EXTRAS_OF_DASH = re.compile(r"\bdash\[([^\]]*)\]", re.IGNORECASE)
#: Where pytest reads its settings: the file, the section, and how a value is written there.
_SECTIONS = (
    ("pytest.ini", "[pytest]", "{} = {}\n"),
    ("pyproject.toml", "[tool.pytest.ini_options]", '{} = "{}"\n'),
    ("tox.ini", "[pytest]", "{} = {}\n"),
    ("setup.cfg", "[tool:pytest]", "{} = {}\n"),
)
#: An event loop for each test, as pytest-asyncio advises, ...
EACH_ITS_OWN = {"asyncio_mode": "auto", "asyncio_default_fixture_loop_scope": "function"}
#: ... or one for all, where a fixture outlives a test: what it makes works in its own loop only.
ONE_FOR_ALL = {
    "asyncio_mode": "auto",
    "asyncio_default_fixture_loop_scope": "session",
    "asyncio_default_test_loop_scope": "session",
}


def check_requirements(root: Path) -> Iterator[Finding]:
    """The lines of requirements that name Flask, one of its extensions, or a WSGI server."""
    for path in find_files(root, ".txt", ".in", ".toml"):
        is_toml = path.suffix == ".toml"
        shown = path.relative_to(root).as_posix()
        if path.name != "pyproject.toml" if is_toml else "requirements" not in shown:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if is_toml and line.startswith("keywords"):
                continue
            for name in _QUOTED.findall(line) if is_toml else _REQUIREMENT.findall(line):
                said = _replacement(name.lower().replace("_", "-"), line) or _too_old(name, line)
                if said is not None:
                    yield Finding(shown, number, Level.TODO, name, *said)


def _replacement(name: str, line: str) -> tuple[str, str] | None:
    """Why a distribution cannot stay, and what to do; None if it can."""
    if name == "dash":
        extras = [extra.strip().lower() for given in _EXTRAS_OF_DASH.findall(line) for extra in given.split(",")]
        if "quart" in extras:
            return None
        needed = DISTRIBUTIONS[name].removesuffix("]")
        others = "".join(f",{extra}" for extra in extras if extra and extra not in needed)
        return "without its extra for Quart it runs on Flask only", f"Require {needed}{others}]>=4.4 instead"
    if name in DISTRIBUTIONS:
        return "the ported application does not use it", f"Require {DISTRIBUTIONS[name]} instead"
    do = advice(name.replace("-", "_")) if name.startswith(("flask-", "pytest-flask")) else None
    return None if do is None else ("it is made for Flask", do)


def _too_old(name: str, line: str) -> tuple[str, str] | None:
    """Why an extension that is kept has to be newer than the requirement lets it be, and what to do."""
    if name.lower().replace("_", "-") == "flask-sqlalchemy" and _OLD_SQLALCHEMY.search(line):
        return "it is kept, and what finds Quart there is Flask-SQLAlchemy 3", "Require Flask-SQLAlchemy 3.1 or later"
    return None


def let_pytest_await(root: Path, settings: Mapping[str, str]) -> tuple[Path, str, str] | None:
    """The file with pytest's settings, its text, and that text with *settings*; None if there is none."""
    for name, section, line in _SECTIONS:
        path = root / name
        if root.is_dir() and path.exists() and section in (text := path.read_bytes().decode()):
            missing = "".join(line.format(*each) for each in settings.items() if each[0] not in text)
            return path, text, text.replace(f"{section}\n", f"{section}\n{missing}", 1)
    return None
