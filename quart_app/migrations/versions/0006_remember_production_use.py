"""Remember that a database is used in production."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "production_use",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("production_use_pkey")),
    )


def downgrade() -> None:
    """Drop it: until the next start in production the database counts as a developer's."""
    op.drop_table("production_use")
