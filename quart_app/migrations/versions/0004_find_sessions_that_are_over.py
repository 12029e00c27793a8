"""Find expired login sessions without reading all of them.

PostgreSQL creates the index concurrently, so that users can log in meanwhile. That cannot be part of a transaction, and
a failure leaves an invalid index behind, which is dropped first.
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
