"""Find what is past its time without reading whole tables; remember who was warned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SAID = "private IS NOT NULL AND finished_at IS NOT NULL"
OVER = (
    "status IN ('closed', 'declined', 'merged', 'transferred', 'withdrawn') "
    "AND private IS NOT NULL"
)


def upgrade() -> None:
    """Add the column and the indexes."""
    op.add_column("people", sa.Column("warned_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_outbox_words",
        "outbox",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text(SAID),
        postgresql_where=sa.text(SAID),
    )
    op.create_index(
        "ix_orders_over",
        "orders",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text(OVER),
        postgresql_where=sa.text(OVER),
    )
