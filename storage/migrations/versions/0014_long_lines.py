"""Step over the long lines of what posts are to be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    where = sa.text("lane = 2 AND state IN ('queued', 'claimed', 'sending')")
    op.create_index(
        "ix_outbox_staff",
        "outbox",
        ["channel", "address_digest", "id"],
        sqlite_where=where,
        postgresql_where=where,
    )
