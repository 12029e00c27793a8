"""Users and login sessions.

Before there were revisions, the application created missing tables when it started. So one or both may exist, with
data, and are kept.
"""

import sqlalchemy as sa
from alembic import op

from quart_app.migrations.errors import UnknownTables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = {
    "users": {
        *("id", "username", "username_key", "email", "email_key", "password_hash", "active", "created_at"),
    },
    "login_sessions": {
        *("id", "user_id", "handle_hash", "kind", "client", "address", "created_at", "proved_at", "last_seen_at"),
    },
}


def upgrade() -> None:
    """Create the first tables, unless they exist."""
    _refuse_unknown_tables()
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("username_key", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("email_key", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_users_email_key"), "users", ["email_key"], unique=True, if_not_exists=True)
    op.create_index(op.f("ix_users_username_key"), "users", ["username_key"], unique=True, if_not_exists=True)

    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("handle_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("client", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("login_sessions_user_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("login_sessions_pkey")),
        sa.UniqueConstraint("handle_hash", name=op.f("login_sessions_handle_hash_key")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_login_sessions_user_id"), "login_sessions", ["user_id"], if_not_exists=True)


def downgrade() -> None:
    """Drop them, with all accounts."""
    op.drop_table("login_sessions")
    op.drop_table("users")


def _refuse_unknown_tables() -> None:
    inspector = sa.inspect(op.get_bind())
    unknown = [
        name
        for name in _TABLES.keys() & set(inspector.get_table_names())
        if {column["name"] for column in inspector.get_columns(name)} != _TABLES[name]
    ]
    if unknown:
        raise UnknownTables(unknown)
