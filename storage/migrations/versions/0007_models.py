"""Mark the work orders whose category a person confirmed, and keep the models learnt from them.

Orders that were closed before are not looked through: they are examples once they are saved again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("orders", sa.Column("held_back", sa.Boolean(), nullable=True))
    where = sa.text("held_back IS NOT NULL")
    op.create_index(
        "ix_orders_examples", "orders", ["id"], sqlite_where=where, postgresql_where=where
    )
    op.create_table(
        "models",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pinned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("figures", sa.Text(), server_default="{}", nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'used', 'aside', 'retired', 'failed')", name="state"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
    )
    where = sa.text("state IN ('asked', 'used')")
    op.create_index(
        "ix_models_one",
        "models",
        ["state"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
