"""Count how often nobody knew whether a message had arrived, so that operators can list it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count; what is unknown by now was so once."""
    op.add_column(
        "outbox", sa.Column("unknowns", sa.Integer(), nullable=False, server_default="0")
    )
    op.execute("UPDATE outbox SET unknowns = 1 WHERE state = 'unknown'")
    op.create_index(
        "ix_outbox_unknown",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("unknowns > 0"),
        postgresql_where=sa.text("unknowns > 0"),
    )
