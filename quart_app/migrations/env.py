"""Run by Alembic for each of its commands, on the connection from ``changes``."""

from typing import Literal

from alembic import context

from quart_app.database import Base, UtcDateTime


def render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """The plain column type instead of the application's own, which may change after the revision was written."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


options = context.config.attributes
context.configure(
    connection=options["connection"],
    target_metadata=Base.metadata,
    on_version_apply=options.get("on_version_apply"),
    render_item=render,
    render_as_batch=True,  # SQLite cannot alter most of a table, so Alembic copies it
    transaction_per_migration=True,  # only on PostgreSQL, whose connection has no transaction yet
)
with context.begin_transaction():
    context.run_migrations()
