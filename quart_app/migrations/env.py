"""What Alembic runs for each of its commands: the changes, on the connection that ``changes`` gives it."""

from typing import Literal

from alembic import context

from quart_app.database import Base, UtcDateTime


def render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """What to write into a revision for a column type of ours: the plain one, as code of ours may change."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


options = context.config.attributes
context.configure(
    connection=options["connection"],
    target_metadata=Base.metadata,
    on_version_apply=options.get("on_version_apply"),
    render_item=render,
    render_as_batch=True,  # SQLite cannot change a table: Alembic copies it
    transaction_per_migration=True,  # where the connection has no transaction yet, which is PostgreSQL
)
with context.begin_transaction():
    context.run_migrations()
