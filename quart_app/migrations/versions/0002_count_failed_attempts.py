"""Count failed attempts to guess a password, for all workers and hosts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "failed_attempts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("failed_attempts_pkey")),
    )
    op.create_index(op.f("ix_failed_attempts_ends_at"), "failed_attempts", ["ends_at"])


def downgrade() -> None:
    """Drop the table: waits after failed attempts end."""
    op.drop_table("failed_attempts")
