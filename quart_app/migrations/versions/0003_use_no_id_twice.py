"""Use no id of a user or a login session twice.

SQLite uses the highest id again after its row was deleted, unless the table has AUTOINCREMENT. A request that holds the
id of the deleted row would then find another one. PostgreSQL never does this, so nothing changes there.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("users", "login_sessions")


def upgrade() -> None:
    """Copy both tables, with their rows, to tables with AUTOINCREMENT."""
    _copy_tables(autoincrement=True)


def downgrade() -> None:
    """Copy both tables to tables without it."""
    _copy_tables(autoincrement=False)


def _copy_tables(*, autoincrement: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in _TABLES:
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": autoincrement}):
            pass  # to be copied is all the change
