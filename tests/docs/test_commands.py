"""The commands in the documentation exist, with the options that it shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import cache

import click
import pytest
from quart.cli import ScriptInfo, cli

from quart_app.factory import create_app
from quart_app.settings import Settings
from tests.docs.pages import PAGES, ROOT, commands

MAKEFILE = (ROOT / "Makefile").read_text()
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
#: What is on the reader's machine anyway, or comes with what is installed there.
ELSEWHERE = {"cd", "git", "python3", "source", "sqlite3", "systemctl", "wrk"}
#: The others are of benchmarks/load/visits.lua and of examples/.
VARIABLES = {*Settings.model_fields, "cookies", "agent", "microblog_password"}

TYPED = sorted({(page.name, command) for page in PAGES for command in commands(page)})


@pytest.mark.parametrize(("page", "command"), TYPED)
def test_command_exists(page: str, command: str) -> None:
    """Each command that a page shows exists and accepts its options."""
    words = shlex.split(re.sub(r"^\w+=\$\(.*\)$", "", command))
    while words and (words[0] == "export" or "=" in words[0]):
        if words[0] != "export":
            assert words[0].partition("=")[0].lower() in VARIABLES, page
        words = words[1:]
    if words and words[0] not in ELSEWHERE:
        CHECKS[words[0]](words[1:])


def _make(words: list[str]) -> None:
    phony = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    for word in words:
        name, is_setting, _ = word.partition("=")
        assert name in re.findall(r"^(\w+) \?=", MAKEFILE, re.MULTILINE) if is_setting else name in phony[0].split()


def _quart(words: list[str]) -> None:
    option, name, *rest = words
    assert option == "--app"
    app = create_app({"secret_key": "only for this test", "database_url": "sqlite:////nowhere"})
    ours = app.cli.commands if name == "quart_app" else {}
    command: click.Command = click.Group(commands={**cli.commands, **ours})
    arguments = _without_redirections(rest)
    while isinstance(command, click.Group):
        name, *arguments = arguments
        command = command.commands[name]
    command.make_context(name, arguments, obj=ScriptInfo(create_app=lambda: app))


def _python(words: list[str]) -> None:
    if (ROOT / words[0]).is_file():
        _has_options(_help(sys.executable, words[0]), words[1:])
        return
    assert words[0] == "-m"
    _has_options(_help(sys.executable, "-m", words[1]), words[2:])


def _hypercorn(words: list[str]) -> None:
    _has_options(_help(sys.executable, "-m", "hypercorn"), words)


def _curl(words: list[str]) -> None:
    shown = _help("curl", "all")
    for word in words:
        if word.startswith("--"):
            _has_options(shown, [word])
        elif word.startswith("-"):
            assert all(re.search(rf"^ *-{letter}[, ]", shown, re.MULTILINE) for letter in word[1:]), word


def _pip(words: list[str]) -> None:
    assert words[0] == "install"
    for extras in re.findall(r"quart-flask-login\[([\w,]+)\]", " ".join(words)):
        assert set(extras.split(",")) <= set(EXTRAS)


CHECKS: dict[str, Callable[[list[str]], None]] = {
    "make": _make,
    "quart": _quart,
    "python": _python,
    "hypercorn": _hypercorn,
    "curl": _curl,
    "pip": _pip,
}


@cache
def _help(program: str, *words: str) -> str:
    command = [program, "--help", *words] if program == "curl" else [program, *words, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603 - ours


def _has_options(shown: str, words: list[str]) -> None:
    for word in words:
        if word.startswith("--"):
            assert re.search(rf"{re.escape(word.partition('=')[0])}\b", shown), word


def _without_redirections(words: list[str]) -> list[str]:
    """The words before the first ``<``, ``>`` or ``|``."""
    return words[: next((at for at, word in enumerate(words) if word[0] in "<>|"), len(words))]
