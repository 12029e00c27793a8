"""Files that say how the application is started: settings named ``FLASK_*``, Flask's command, and WSGI servers."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from .findings import Finding, Level
from .sources import SKIPPED

_NAMED = re.compile(
    r"Procfile.*|.*Dockerfile.*|(docker-)?compose.*\.ya?ml|\.flaskenv|\.env.*|app\.json|.*supervisor.*|Makefile"
    r"|.*\.(service|sh|ini|conf)"
)
_SETTING = re.compile(r"\bFLASK_[A-Z]\w*")
#: Settings of Flask's command that Quart's has as well.
_OF_THE_COMMAND = re.compile(r"FLASK_(APP|DEBUG|RUN_\w+|SKIP_DOTENV)")
_ENV = re.compile(r"\bFLASK_ENV\b")
_COMMAND = re.compile(r"((?:^|[;&|:]|\bexec|\bRUN|-m|/bin/|\[[\"'])\s*(?:[A-Z]\w*=\S+ +)*)flask(?=[\"']?,? [a-z\"'-])")
_SERVER = re.compile(r"(?<![\w.-])(gunicorn|uwsgi|waitress-serve)(?= |\"|'|$)")
_INSTALLS = re.compile(r"\b(pip|pipx|uv|poetry|apk|apt|apt-get|yum|dnf) ")
#: A variable that is set, up to the command that it is set for or the end of the line. Those that say how Flask's or
#: Quart's command runs are shown.
_VALUE = re.compile(
    r"\b(?!(?:FLASK|QUART)_(?:APP|ENV|DEBUG|RUN_\w+|SKIP_DOTENV)\b)"
    r"([A-Z][A-Z0-9_]*[\"']?(?: ?=|: )|(?<=^ENV )[A-Z][A-Z0-9_]* )"
    r".+?(?=$| (?:flask|quart|gunicorn|uwsgi|waitress-serve|hypercorn) )"
)
#: Where to write a line, by the name of the file that it is in, if that is another file.
_PLACES = {".flaskenv": " into `.quartenv`, with the other lines of the file: Quart does not read `.flaskenv`"}
#: The options of gunicorn that Hypercorn has under the same names.
_KEPT = re.compile(r"(?:-b|-w|--bind|--workers|--access-logfile|--certfile|--keyfile)(?:=| +)\S+")
_TARGET = re.compile(r"[\"']?(?<![\w.:/-])([A-Za-z_][\w.]*):([A-Za-z_]\w*(?:\([^)]*\))?)[\"']?")


def check_deployment(root: Path, own: Container[str] = (), *, is_prefixed: bool = False) -> Iterator[Finding]:
    """The lines of these files that the ported application does not understand, each with the line to write.

    Args:
        root: the folder of the project.
        own: variables that the project reads itself, by names that begin with ``FLASK_``: they stay.
        is_prefixed: whether it reads all others of that beginning, with ``from_prefixed_env``.
    """

    def is_renamed(name: str) -> bool:
        if name == "FLASK_ENV" or (name in own and name != "FLASK_APP"):
            return False
        return is_prefixed or _OF_THE_COMMAND.fullmatch(name) is not None

    for path in _find(root):
        shown = path.relative_to(root).as_posix()
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            if line.lstrip().startswith(("#", ";")) or _INSTALLS.search(line):
                continue
            if _ENV.search(line) and "FLASK_ENV" not in own:
                why = "neither Quart nor Flask since 2.3 reads FLASK_ENV"
                yield Finding(shown, number, Level.CHECK, _short(line), why, "Remove it")
            server = _SERVER.search(line)
            if server is not None:
                whole = line if _TARGET.search(line) else _continued(lines[number - 1 :], path.suffix)
                why, new = "it is a WSGI server", _with_hypercorn(whole, server, is_renamed)
            elif (new := _of_quart(line, is_renamed)) != line:
                why = "Quart has its own command, and reads settings that begin with QUART_"
            else:
                continue
            do = f"Write `{_short(new)}`{_PLACES.get(path.name, '')}"
            yield Finding(shown, number, Level.TODO, _short(line), why, do)


def _continued(lines: Sequence[str], suffix: str) -> str:
    """The command that the first of *lines* begins, with the lines on which it goes on."""
    command = lines[0]
    for before, line in pairwise(lines):
        indented = suffix in (".conf", ".ini") and line[:1].isspace() and line.strip()
        if not before.rstrip().endswith("\\") and not indented:
            break
        command = " ".join([command.rstrip().removesuffix("\\").rstrip(), line.strip()])
    return command


def _of_quart(line: str, is_renamed: Callable[[str], bool]) -> str:
    """The line with Quart's command, and the names of its settings."""
    settings = _SETTING.sub(lambda found: "QUART" + found[0][5:] if is_renamed(found[0]) else found[0], line)
    return _COMMAND.sub(r"\1quart", settings)


def _with_hypercorn(line: str, server: re.Match[str], is_renamed: Callable[[str], bool]) -> str:
    """The command, with its target and the options that Hypercorn has as well."""
    before, command = line[: server.start()], line[server.start() :]
    is_list = before.rstrip().endswith(('["', "['"))  # as in a Dockerfile
    if is_list:
        command = re.sub(r"[\"',\[\] ]+", " ", command)
    target = _TARGET.search(command)
    application = f"{target[1]}:{target[2]}" if target is not None else "module:app"
    options = _KEPT.findall(command) if server[1] == "gunicorn" else []
    before = _of_quart(before, is_renamed)
    if is_list:
        words = " ".join(["hypercorn", *options, application]).split()
        return before[:-1] + ", ".join(f'"{word}"' for word in words) + "]"
    goes_on = ["\\"] if line.rstrip().endswith("\\") else []
    quoted = f'"{application}"' if "(" in application else application
    return before + " ".join(["hypercorn", *options, quoted, *goes_on])


def _short(line: str) -> str:
    """The line for a report, which others may read: without the values of variables, which may be secrets."""
    text = _VALUE.sub(r"\1...", " ".join(line.split()))
    return text if len(text) <= 100 else text[:97] + "..."


def _find(folder: Path) -> Iterator[Path]:
    """The files below *folder*, those whose names begin with a dot included."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            if path.name not in SKIPPED and not path.name.startswith(".") and not (path / "pyvenv.cfg").exists():
                yield from _find(path)
        elif _NAMED.fullmatch(path.name):
            yield path
