"""Give login sessions a public id, which does not count the logins of the site, and a name that programs choose.

Rows that exist get a random id, and so do those that the previous release inserts, by a default of the database.
Everybody stays logged in. PostgreSQL fills the column in batches and creates the index concurrently, so that users can
log in meanwhile; after a failure the revision can be applied again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLE = "login_sessions"
_INDEX = "ix_login_sessions_public_id"
_CHECK = "login_sessions_have_public_ids"
_ROWS_PER_STATEMENT = 10_000
#: A random UUID (RFC 9562, version 4) as SQLAlchemy stores it in SQLite: 32 hexadecimal digits.
_SQLITE_UUID = (
    "(lower(hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2)"
    " || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || hex(randomblob(6))))"
)


def upgrade() -> None:
    """Add the columns, and the index that finds logins by their public ids."""
    if op.get_bind().dialect.name == "postgresql":
        _upgrade_postgresql()
    else:
        _upgrade_sqlite()


def downgrade() -> None:
    """Drop both."""
    op.drop_index(_INDEX, _TABLE)
    op.drop_column(_TABLE, "public_id")
    op.drop_column(_TABLE, "name")


def _upgrade_postgresql() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE {_TABLE} ADD COLUMN IF NOT EXISTS name VARCHAR(64)")
        op.execute(f"ALTER TABLE {_TABLE} ADD COLUMN IF NOT EXISTS public_id UUID")
        op.execute(f"ALTER TABLE {_TABLE} ALTER COLUMN public_id SET DEFAULT gen_random_uuid()")
        _fill_public_ids()
        op.drop_index(_INDEX, _TABLE, if_exists=True, postgresql_concurrently=True)
        op.create_index(_INDEX, _TABLE, ["public_id"], unique=True, postgresql_concurrently=True)
        # NOT NULL alone would read the whole table under a lock that stops all logins. A constraint that is validated
        # without such a lock proves that there is nothing to find.
        op.execute(f"ALTER TABLE {_TABLE} DROP CONSTRAINT IF EXISTS {_CHECK}")
        op.execute(f"ALTER TABLE {_TABLE} ADD CONSTRAINT {_CHECK} CHECK (public_id IS NOT NULL) NOT VALID")
        op.execute(f"ALTER TABLE {_TABLE} VALIDATE CONSTRAINT {_CHECK}")
        op.alter_column(_TABLE, "public_id", nullable=False)
        op.execute(f"ALTER TABLE {_TABLE} DROP CONSTRAINT {_CHECK}")


def _fill_public_ids() -> None:
    """Give the rows that exist a public id, each statement a range of ids, so that none reads the whole table."""
    connection = op.get_bind()
    last = connection.scalar(sa.text(f"SELECT max(id) FROM {_TABLE}")) or 0  # noqa: S608 - a constant
    rows = sa.text(
        f"UPDATE {_TABLE} SET public_id = gen_random_uuid()"  # noqa: S608 - a constant
        " WHERE id BETWEEN :first AND :last AND public_id IS NULL"
    )
    for first in range(1, last + 1, _ROWS_PER_STATEMENT):
        connection.execute(rows, {"first": first, "last": first + _ROWS_PER_STATEMENT - 1})


def _upgrade_sqlite() -> None:
    """SQLite adds no column with such a default: the table is copied, and the highest id that was used is kept."""
    connection = op.get_bind()
    used = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": _TABLE})
    op.add_column(_TABLE, sa.Column("name", sa.String(64), nullable=True))
    with op.batch_alter_table(_TABLE, recreate="always", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("public_id", sa.Uuid(), server_default=sa.text(_SQLITE_UUID), nullable=False))
    op.create_index(_INDEX, _TABLE, ["public_id"], unique=True)
    if used is not None:
        # An empty table has no row there after the copy.
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :table"), {"table": _TABLE})
        insert = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :used)")
        connection.execute(insert, {"table": _TABLE, "used": used})
