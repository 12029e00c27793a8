"""Remember the registrations that came with an idempotency key, to answer repeated ones."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "keyed_registrations",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("keyed_registrations_pkey")),
    )
    op.create_index(op.f("ix_keyed_registrations_ends_at"), "keyed_registrations", ["ends_at"])


def downgrade() -> None:
    """Drop it: a registration that is repeated across this is answered 409."""
    op.drop_table("keyed_registrations")
