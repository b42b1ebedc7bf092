"""Find what was said of a work order, to remove it with whoever is erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    where = sa.text("number <> '' AND private IS NOT NULL")
    op.create_index(
        "ix_outbox_number",
        "outbox",
        ["number"],
        sqlite_where=where,
        postgresql_where=where,
    )
