"""Flask-SQLAlchemy and Flask-Migrate are kept: the lines with which they find Quart's application and context.

The lines are a function of one name, which is called below the import: its own imports collide with nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import dedent

import libcst as cst
from libcst import matchers as m

from .program import Module, dotted_name, imported_module

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

    def is_made_in(self, module: Module) -> bool:
        """Whether the module calls the class or derives from it, and does not only name it as a type."""
        names = {self.entry}
        for node in module.imports:
            if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
                names |= {alias.evaluated_alias or "" for alias in node.names if alias.evaluated_name == self.entry}
        used = [*(call.func for call in module.calls), *(base for cls in module.classes for base in cls.bases)]
        return any(dotted_name(each).rpartition(".")[2] in names for each in used)


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
