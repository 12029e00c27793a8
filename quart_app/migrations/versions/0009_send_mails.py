"""Send mails: a queue of them, the lease of the worker that sends, one-time tokens, and confirmed addresses.

Nobody's address counts as confirmed after this; everybody can log in as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the tables."""
    op.add_column("users", sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("root_url", sa.String(), nullable=False),
        sa.Column("next_url", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("outgoing_mails_user_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("outgoing_mails_pkey")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outgoing_mails_next_attempt_at"), "outgoing_mails", ["next_attempt_at"])
    op.create_index(op.f("ix_outgoing_mails_user_id"), "outgoing_mails", ["user_id"])
    op.create_table(
        "mail_sender",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("mail_sender_pkey")),
    )
    op.create_table(
        "mail_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("next_url", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("mail_tokens_user_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("mail_tokens_pkey")),
    )
    op.create_index(op.f("ix_mail_tokens_user_id"), "mail_tokens", ["user_id"])
    op.create_index(op.f("ix_mail_tokens_expires_at"), "mail_tokens", ["expires_at"])


def downgrade() -> None:
    """Drop them: mails that wait are not sent, and links in those that were sent are invalid."""
    op.drop_table("mail_tokens")
    op.drop_table("mail_sender")
    op.drop_table("outgoing_mails")
    op.drop_column("users", "email_confirmed_at")
