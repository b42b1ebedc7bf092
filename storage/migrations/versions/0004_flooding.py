"""Keep what comes too fast for later, and remember how fast everybody speaks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the buckets, and what marks a message as held."""
    op.create_table(
        "buckets",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("full_at", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_buckets")),
    )
    op.add_column(
        "inbox", sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index(
        "ix_inbox_blank",
        "inbox",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("private IS NULL"),
        postgresql_where=sa.text("private IS NULL"),
    )
