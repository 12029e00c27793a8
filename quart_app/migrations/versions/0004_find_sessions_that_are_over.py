"""Find the login sessions that are over without reading all.

PostgreSQL makes the index while users go on logging in. That cannot be part of a transaction, and leaves half an index
behind if it fails: so whatever is there of it goes first.
"""

from contextlib import AbstractContextManager, nullcontext

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NAME = "ix_login_sessions_kind_proved_at_id"


def upgrade() -> None:
    """Add the index."""
    with _outside_of_transactions():
        op.drop_index(_NAME, "login_sessions", if_exists=True, postgresql_concurrently=True)
        op.create_index(_NAME, "login_sessions", ["kind", "proved_at", "id"], postgresql_concurrently=True)


def downgrade() -> None:
    """Drop it."""
    with _outside_of_transactions():
        op.drop_index(_NAME, "login_sessions", postgresql_concurrently=True)


def _outside_of_transactions() -> AbstractContextManager[None]:
    context = op.get_context()
    return context.autocommit_block() if context.dialect.name == "postgresql" else nullcontext()
