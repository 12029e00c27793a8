"""Where the lines for an extension that is kept are written, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from .findings import Complaint, check, todo
from .inference import Inference
from .kept import KEPT, Extension
from .program import Function, Module, dotted_name, imported_module
from .rewrite import Rewrite

_BY_HAND = "it is kept, but the class that the application makes an object of is imported nowhere here"


class Keeping:
    """The extensions that a project keeps, and where the lines are to be written."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.mentioned = {name.value for module in inference.modules for name in module.loads}
        self.there = {
            extension: list(self._signed(extension))
            for extension in KEPT.values()
            if extension.package not in inference.by_name
        }
        self.wanted = {extension: self._wanted(extension) for extension in self.there}

    def _signed(self, extension: Extension) -> Iterator[tuple[Module, bool]]:
        """The modules in which the lines are, and whether this assistant has written them."""
        owner, attribute = extension.sign
        for module in self.inference.modules:
            for target, _ in module.assigned_attributes:
                if target.attr.value != attribute:
                    continue
                scope = module.scopes[target]
                if owner in self.inference.externals(target.value, scope):
                    yield module, isinstance(scope.owner, Function) and scope.owner.name == extension.function

    def _wanted(self, extension: Extension) -> set[Module]:
        """The modules that make an object of the class or derive from it; if none is seen to, those that import it."""
        importing = {module for module in self.inference.modules if self._place(module, extension) is not None}
        return {module for module in importing if extension.is_made_in(module)} or importing

    def write(self, module: Module, rewrite: Rewrite) -> None:
        """Write the lines below the import of such an extension, unless they are there."""
        for extension, places in self.there.items():
            if any(where is module or not ours for where, ours in places):
                continue
            statement = self._place(module, extension)
            if statement is not None and module in self.wanted[extension]:
                lines = _statements(module, statement, extension, self.mentioned)
                rewrite.append(_end_of_imports(module, statement), lines)

    def find(self, module: Module) -> Iterator[Complaint]:
        """What is to know of each kept extension, where it is imported."""
        for extension, places in self.there.items():
            node = next((each for each in module.imports if _package(module, each) == extension.package), None)
            if node is None:
                continue
            if places or self.wanted[extension]:
                yield check(node, extension.package, extension.why, extension.do)
            else:
                do = "Write the lines of the guide (docs/porting.md) above the first use"
                yield todo(node, extension.package, _BY_HAND, do)

    @staticmethod
    def _place(module: Module, extension: Extension) -> cst.SimpleStatementLine | None:
        """The first statement that imports the class."""
        for node in module.imports:
            statement = module.parent(node)
            if extension.is_imported_by(module, node) and isinstance(statement, cst.SimpleStatementLine):
                return statement
        return None


def _package(module: Module, node: cst.Import | cst.ImportFrom) -> str:
    if isinstance(node, cst.ImportFrom):
        return "" if node.relative else imported_module(module, node).partition(".")[0]
    packages = {dotted_name(alias.name).partition(".")[0] for alias in node.names}
    return next((package for package in KEPT if package in packages), "")


def _end_of_imports(module: Module, statement: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
    """The last import of those that follow each other without anything between."""
    block = module.parent(statement)
    body = list(block.body) if isinstance(block, cst.Module | cst.IndentedBlock) else []
    last = statement
    for each in body[body.index(statement) + 1 :] if statement in body else ():
        match each:
            case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom()]):
                last = each
            case _:
                break
    return last


def _statements(
    module: Module, statement: cst.CSTNode, extension: Extension, mentioned: Iterable[str]
) -> list[cst.BaseStatement]:
    """The function and its call, with the empty lines that belong there."""
    config = module.tree.config_for_parsing
    function, call = (
        cst.ensure_type(cst.parse_statement(code, config), kind)
        for code, kind in (
            (extension.written(mentioned), cst.FunctionDef),
            (f"{extension.function}()\n", cst.SimpleStatementLine),
        )
    )
    empty = cst.EmptyLine(indent=False)
    lines = [empty, empty] if isinstance(module.parent(statement), cst.Module) else [empty]
    return [function.with_changes(leading_lines=lines), call.with_changes(leading_lines=lines)]
