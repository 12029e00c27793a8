"""Use no id of a user or a login session twice.

SQLite gives the highest id out again when its row is deleted, unless it is told not to. A request that was under way
with the old row would then go on with somebody else's. PostgreSQL counts on by itself, so it has nothing to change.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = ("users", "login_sessions")


def upgrade() -> None:
    """Copy both tables, rows and all, to such that count on."""
    _copy_tables(autoincrement=True)


def downgrade() -> None:
    """Copy them back."""
    _copy_tables(autoincrement=False)


def _copy_tables(*, autoincrement: bool) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in _TABLES:
        with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_autoincrement": autoincrement}):
            pass  # to be copied is all the change
