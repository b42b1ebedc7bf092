"""Keep policy entries, and the questions that have no good answer yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "policies",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("unit", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author", ID, nullable=True),
        sa.Column("reviewer", ID, nullable=True),
        sa.Column("helpful", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unhelpful", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("state IN ('draft', 'review', 'published', 'expired')", name="state"),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_policies_unit")),
        sa.ForeignKeyConstraint(["author"], ["people.id"], name=op.f("fk_policies_author")),
        sa.ForeignKeyConstraint(["reviewer"], ["people.id"], name=op.f("fk_policies_reviewer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint("code", name=op.f("uq_policies_code")),
    )
    op.create_index("ix_policies_state", "policies", ["state"])
    op.create_table(
        "policy_questions",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("order_id", ID, nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), server_default="", nullable=False),
        sa.Column("entry", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('unanswered', 'badly_answered', 'outdated')", name="kind"),
        sa.CheckConstraint("state IN ('open', 'drafted', 'answered', 'dropped')", name="state"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_policy_questions_order_id")
        ),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_policy_questions_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_questions")),
        sa.UniqueConstraint("order_id", name=op.f("uq_policy_questions_order_id")),
    )
    where = sa.text("state = 'open'")
    op.create_index(
        "ix_policy_questions_open",
        "policy_questions",
        ["unit", "id"],
        sqlite_where=where,
        postgresql_where=where,
    )
    where = sa.text("entry <> ''")
    op.create_index(
        "ix_policy_questions_entry",
        "policy_questions",
        ["entry"],
        sqlite_where=where,
        postgresql_where=where,
    )
