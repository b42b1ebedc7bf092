"""List what is watched from above, draw samples of what was closed, find runs left unfinished."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column, the tables and the indexes."""
    op.add_column(
        "orders", sa.Column("supervised", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_index(
        "ix_orders_supervised",
        "orders",
        ["id"],
        sqlite_where=sa.text("supervised = 1"),
        postgresql_where=sa.text("supervised"),
    )
    where = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_job_runs_unfinished",
        "job_runs",
        ["job", "fire_time"],
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "spot_checks",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("drawn_from", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_spot_checks_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_checks")),
        sa.UniqueConstraint("unit", "since", name=op.f("uq_spot_checks_unit_since")),
    )
    op.create_table(
        "spot_checked",
        sa.Column("spot_check", ID, autoincrement=False, nullable=False),
        sa.Column("order_id", ID, autoincrement=False, nullable=False),
        sa.Column("good", sa.Boolean(), nullable=True),
        sa.Column("person", ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["spot_check"], ["spot_checks.id"], name=op.f("fk_spot_checked_spot_check")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_spot_checked_order_id")
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_spot_checked_person")),
        sa.PrimaryKeyConstraint("spot_check", "order_id", name=op.f("pk_spot_checked")),
    )
    op.create_index("ix_spot_checked_order", "spot_checked", ["order_id"])
    where = sa.text("person IS NOT NULL")
    op.create_index(
        "ix_spot_checked_person",
        "spot_checked",
        ["person"],
        sqlite_where=where,
        postgresql_where=where,
    )
