"""End any number of logins of a user by one write: each user, and each login, has a generation.

The index on the user of a login gets two more columns, so that the newest logins of a generation are found without
reading all of them. PostgreSQL creates and drops indexes concurrently, so that users can log in meanwhile. A failure
leaves an invalid index behind, which is dropped first.
"""

from contextlib import AbstractContextManager, nullcontext

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INDEX = "ix_login_sessions_user_id_generation_id"
_OLD_INDEX = "ix_login_sessions_user_id"


def upgrade() -> None:
    """Add the columns, and replace the index. The default lets the previous release go on inserting rows."""
    op.add_column("users", sa.Column("session_generation", sa.Integer(), server_default="0", nullable=False))
    op.add_column("login_sessions", sa.Column("generation", sa.Integer(), server_default="0", nullable=False))
    with _outside_of_transactions():
        op.drop_index(_INDEX, "login_sessions", if_exists=True, postgresql_concurrently=True)
        op.create_index(_INDEX, "login_sessions", ["user_id", "generation", "id"], postgresql_concurrently=True)
        op.drop_index(_OLD_INDEX, "login_sessions", if_exists=True, postgresql_concurrently=True)


def downgrade() -> None:
    """Delete the rows of logins that have ended, which the previous release would take for valid; drop the rest."""
    op.execute(
        "DELETE FROM login_sessions WHERE generation <>"
        " (SELECT session_generation FROM users WHERE users.id = login_sessions.user_id)"
    )
    with _outside_of_transactions():
        op.drop_index(_OLD_INDEX, "login_sessions", if_exists=True, postgresql_concurrently=True)
        op.create_index(_OLD_INDEX, "login_sessions", ["user_id"], postgresql_concurrently=True)
        op.drop_index(_INDEX, "login_sessions", if_exists=True, postgresql_concurrently=True)
    op.drop_column("login_sessions", "generation")
    op.drop_column("users", "session_generation")


def _outside_of_transactions() -> AbstractContextManager[None]:
    context = op.get_context()
    return context.autocommit_block() if context.dialect.name == "postgresql" else nullcontext()
