"""A project, ported in memory: the new text of each file, and what is left to say."""

from __future__ import annotations

from ast import parse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path

from libcst import ParserSyntaxError

from .awaits import Awaits
from .collect import read_module
from .commands import find_given
from .configuration import EACH_ITS_OWN, ONE_FOR_ALL, check_requirements, let_pytest_await
from .deployment import check_deployment
from .edits import mark, plan
from .evaluation import InHand
from .extensions import UNCHANGED
from .findings import MARK, Complaint, Finding, Level
from .forwarding import find_forwarders
from .hazards import Hazards
from .imports import find_reexports
from .keeping import Keeping
from .kept import KEPT
from .passing import find_awaits
from .program import Module
from .roots import name_from_roots
from .sources import dotted_names, find_files
from .templates import Templates
from .unported import NOT_PORTED


@dataclass(frozen=True)
class PortedFile:
    """One file before and after."""

    path: Path
    shown: str
    before: bytes
    after: bytes

    @property
    def is_changed(self) -> bool:
        """Whether anything is different."""
        return self.before != self.after

    def diff(self) -> str:
        """The change as a unified diff."""
        before, after = self.before.decode(errors="replace"), self.after.decode(errors="replace")
        lines = unified_diff(
            before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{self.shown}", f"b/{self.shown}"
        )
        return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True)
class Port:
    """What became of a project."""

    files: tuple[PortedFile, ...]
    findings: tuple[Finding, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do by hand."""
        return not any(finding.level is Level.TODO for finding in self.findings)


def port(root: Path) -> Port:
    """Port the file or folder *root*; nothing is written.

    A module on which the assistant fails is left as it is, and is something to do by hand; the others are ported.
    """
    findings: set[Finding] = set()
    modules = list(_read(root, findings))
    name_from_roots(modules)
    while True:
        in_hand = InHand()
        try:
            return _port(root, modules, in_hand, set(findings))
        except Exception as error:
            if in_hand.module not in modules:
                raise
            modules.remove(in_hand.module)
            why = f"the assistant fails on it ({type(error).__name__}: {' '.join(str(error).split())})"
            findings.add(_left(in_hand.module.shown, 0, why, "Port it by hand, and report this as a bug"))


def _left(shown: str, line: int, why: str, do: str) -> Finding:
    """A whole file that is left as it is."""
    return Finding(shown, line, Level.TODO, shown, why, do)


def _port(root: Path, modules: Sequence[Module], in_hand: InHand, findings: set[Finding]) -> Port:
    awaits = find_awaits(modules, in_hand)
    templates = Templates(root)
    forwarders = find_forwarders(awaits)
    commands = find_given(awaits.inference)
    reexported = find_reexports(awaits.inference)
    hazards = Hazards(awaits, templates)
    keeping = Keeping(awaits.inference)
    files = []
    for module in modules:
        try:
            rewrite, complaints = plan(module, awaits, templates, forwarders, commands, reexported)
            keeping.write(module, rewrite)
            complaints += [*hazards.find(module), *keeping.find(module)]
            mark(module, rewrite, complaints)
            before = after = module.source
            if rewrite.is_needed:
                after = rewrite.result().encode(module.tree.encoding)
                _check_syntax(module, after)
        except Exception:
            in_hand.module = module
            raise
        files.append(PortedFile(module.path, module.shown, before, after))
        findings |= {complaint.at(module.shown, module.line(complaint.node)) for complaint in complaints}
        findings |= set(_marked_before(module, complaints))
    for template in templates.all:
        if template.name in templates.rendered:
            before, after = template.source.encode(), template.given().encode()
            files.append(PortedFile(template.path, template.shown, before, after))
    findings |= {_taken(each) for each in modules if "compat" in each.names}
    findings |= set(templates.unreached())
    if root.is_dir():
        is_prefixed = any(each.attr.value == "from_prefixed_env" for module in modules for each in module.attributes)
        findings |= set(check_requirements(root))
        findings |= set(check_deployment(root, set(_own_variables(modules)), is_prefixed=is_prefixed))
    files += _let_tests_await(root, awaits, findings)
    return Port(tuple(files), tuple(sorted(_each_extension_once(findings))))


#: Remarks about an extension that are made once, with all files that import it.
_ONCE = {NOT_PORTED, *(extension.why for extension in KEPT.values()), *(why for why, _ in UNCHANGED.values())}


def _own_variables(modules: Sequence[Module]) -> Iterator[str]:
    """The names ``FLASK_...`` that the project's own code has."""
    for module in modules:
        for string in module.strings:
            if string.raw_value.startswith("FLASK_"):
                yield string.raw_value


def _check_syntax(module: Module, after: bytes) -> None:
    """Raise SyntaxError if *after* is not Python; that of a newer Python than this one is left unchecked."""
    try:
        parse(after)
    except SyntaxError:
        try:
            parse(module.source)
        except SyntaxError:
            return
        raise


def _each_extension_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One line for each extension, at its first import, which names the other files."""
    places: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(findings):
        if finding.why in _ONCE:
            places.setdefault((finding.what, finding.do), []).append(finding)
        else:
            yield finding
    for first, *others in places.values():
        files = [path for path in dict.fromkeys(each.path for each in others) if path != first.path]
        yield replace(first, why=f"{first.why}, here and in {', '.join(files)}") if files else first


def _taken(module: Module) -> Finding:
    why = "your own module has the name that this package is imported by"
    return Finding(module.shown, 0, Level.TODO, "compat", why, "Rename yours before you port")


def _marked_before(module: Module, complaints: list[Complaint]) -> Iterable[Finding]:
    """What an earlier run has left in comments, and this one would not find again."""
    before = module.source.decode(module.tree.encoding).removeprefix("\ufeff")
    if MARK not in before:
        return
    now = {complaint.remark for complaint in complaints}
    reworded = [complaint for complaint in complaints if complaint.remark not in before]
    for number, line in enumerate(before.splitlines(), 1):
        text = line.strip()
        if text.startswith(MARK) and text not in now:
            same = next((complaint for complaint in reworded if complaint.is_said_in(text)), None)
            if same is not None:  # it quotes the code as it was before that run
                reworded.remove(same)
                continue
            what = text.removeprefix(MARK)
            yield Finding(
                module.shown,
                number,
                Level.TODO,
                what,
                "an earlier run has left this",
                "Remove the comment when it is done",
            )


def _let_tests_await(root: Path, awaits: Awaits, findings: set[Finding]) -> Iterable[PortedFile]:
    tests = [each for each in awaits.made_async if each.module.is_test and not each.is_test_case]
    if not tests:
        return
    settings = ONE_FOR_ALL if any(awaits.inference.outlives_a_test(each) for each in tests) else EACH_ITS_OWN
    found = let_pytest_await(root, settings)
    if found is None:
        shown, line = tests[0].module.shown, tests[0].module.line(tests[0].node)
        why = "its tests are async now"
        lines = ", ".join(f"`{name} = {value}`" for name, value in settings.items())
        do = f"Install pytest-asyncio, and set {lines} in the settings of pytest"
        findings.add(Finding(shown, line, Level.TODO, "pytest", why, do))
        return
    path, before, after = found
    yield PortedFile(path, path.relative_to(root).as_posix(), before.encode(), after.encode())


def _read(root: Path, findings: set[Finding]) -> Iterable[Module]:
    for path in find_files(root, ".py"):
        shown = path.relative_to(root if root.is_dir() else root.parent).as_posix()
        names, package = dotted_names(path, root)
        try:
            yield read_module(path, shown, names, package, path.read_bytes())
        except ParserSyntaxError as error:
            why = f"it cannot be read as Python ({error.message})"
            findings.add(_left(shown, error.raw_line, why, "Port it by hand, or repair it first"))
        except (SyntaxError, UnicodeDecodeError, LookupError) as error:
            findings.add(
                _left(shown, 0, f"its encoding cannot be read ({error})", "Save it as UTF-8, and run this again")
            )
        except RecursionError:
            findings.add(_left(shown, 0, "an expression is nested too deep", "Port it by hand, or take it apart first"))
