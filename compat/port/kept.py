"""Flask-SQLAlchemy and Flask-Migrate stay: the lines with which they find Quart's application and context.

The lines are a function of one name, which is called below the import: its own imports collide with nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from textwrap import dedent

import libcst as cst
from libcst import matchers as m

from .findings import Complaint, check, todo
from .inference import Inference
from .program import Function, Module, dotted_name, imported_module
from .rewrite import Rewrite

_TYPES_ONLY = m.Name("TYPE_CHECKING") | m.Attribute(attr=m.Name("TYPE_CHECKING"))


@dataclass(frozen=True)
class Extension:
    """An extension that is kept.

    Args:
        package: the package that is imported.
        entry: its class, of which the application makes an object.
        function: the name of the function that is written.
        code: that function.
        sign: an assignment that says that the lines are there: the owner and the attribute.
        why: what is to know of it.
        do: what to do about that.
        more: lines that only some need, by the names of the extension that need them.
    """

    package: str
    entry: str
    function: str
    code: str
    sign: tuple[str, str]
    why: str
    do: str
    more: tuple[tuple[frozenset[str], str], ...] = ()

    def written(self, mentioned: Iterable[str]) -> str:
        """The function, with the lines that a project needs that mentions these names."""
        names = set(mentioned)
        more = "".join(lines for needed_by, lines in self.more if needed_by & names)
        return self.code + more

    def is_imported_by(self, module: Module, node: cst.Import | cst.ImportFrom) -> bool:
        """Whether the class comes by this import, and not for types only."""
        around = (each for each in module.ancestors(node) if isinstance(each, cst.If))
        if any(m.matches(each.test, _TYPES_ONLY) for each in around):
            return False
        if isinstance(node, cst.Import):
            return any(dotted_name(alias.name).partition(".")[0] == self.package for alias in node.names) and any(
                attribute.attr.value == self.entry for attribute in module.attributes
            )
        if node.relative or imported_module(module, node).partition(".")[0] != self.package:
            return False
        return isinstance(node.names, cst.ImportStar) or any(
            dotted_name(alias.name) == self.entry for alias in node.names
        )


SQLALCHEMY = Extension(
    package="flask_sqlalchemy",
    entry="SQLAlchemy",
    function="_keep_flask_sqlalchemy",
    code=dedent('''\
        def _keep_flask_sqlalchemy():
            """Have Flask-SQLAlchemy 3 find Quart's application, request and context."""
            import quart
            from flask_sqlalchemy import cli, extension, pagination, session

            extension.current_app = quart.current_app
            pagination.request = quart.request
            session.app_ctx = quart.g  # another one in each context: that is how it tells them apart
            cli.current_app = quart.current_app  # in `quart shell`
    '''),
    sign=("flask_sqlalchemy.extension", "current_app"),
    why="it is kept, and finds Quart; every other request waits while one of its queries runs",
    do="Move to SQLAlchemy's asyncio extension when the rest is done (docs/sqlalchemy.md)",
    more=(
        (
            frozenset({"get_recorded_queries"}),
            """
    from flask_sqlalchemy import record_queries

    record_queries.current_app, record_queries.g = quart.current_app, quart.g
    record_queries.has_app_context = quart.has_app_context
""",
        ),
        (
            frozenset({"models_committed", "before_models_committed"}),
            """
    from flask_sqlalchemy import track_modifications

    track_modifications.current_app = quart.current_app
    track_modifications.has_app_context = quart.has_app_context
""",
        ),
    ),
)
MIGRATE = Extension(
    package="flask_migrate",
    entry="Migrate",
    function="_keep_flask_migrate",
    code=dedent('''\
        def _keep_flask_migrate():
            """Have Flask-Migrate and its commands find Quart's application and context."""
            import importlib
            import inspect

            import click
            import flask_migrate.cli
            import quart
            import quart.cli

            def run(context):
                """Run a command of the group in Quart's application context instead of Flask's."""
                for command in (context.command, *context.command.commands.values()):
                    command.callback = inspect.unwrap(command.callback)
                # An env.py that `quart db init` has written imports this name.
                importlib.import_module("flask").current_app = quart.current_app
                return click.Group.invoke(context.command, context)

            flask_migrate.current_app = quart.current_app
            flask_migrate.g = flask_migrate.cli.g = quart.g
            flask_migrate.cli.db.invoke = quart.cli.with_appcontext(run)
    '''),
    sign=("flask_migrate", "current_app"),
    why="it is kept, and its commands find Quart",
    do="Run `quart db upgrade` where you ran `flask db upgrade`",
)
KEPT = {extension.package: extension for extension in (SQLALCHEMY, MIGRATE)}
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

    def write(self, module: Module, rewrite: Rewrite) -> None:
        """Write the lines below each import of such an extension, unless they are there."""
        for extension, places in self.there.items():
            if any(where is module or not ours for where, ours in places):
                continue
            statement = self._place(module, extension)
            if statement is not None:
                lines = _statements(module, statement, extension, self.mentioned)
                rewrite.append(_end_of_imports(module, statement), lines)

    def find(self, module: Module) -> Iterator[Complaint]:
        """What is to know of each kept extension, where it is imported."""
        for extension, places in self.there.items():
            node = next((each for each in module.imports if _package(module, each) == extension.package), None)
            if node is None:
                continue
            if places or any(self._place(each, extension) is not None for each in self.inference.modules):
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
