"""Keep notices, everybody they go to, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATES = "'draft', 'awaiting', 'scheduled', 'sending', 'paused', 'done', 'cancelled'"
RESULTS = "'waiting', 'held', 'queued', 'sent', 'failed', 'blocked', 'unknown', 'cancelled'"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "broadcasts",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("author", ID, nullable=False),
        sa.Column("approver", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("of", ID, nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
            for name in ("asks", "merges", "overrides")
        ),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("doubts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("told", sa.Text(), server_default="", nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name="state"),
        sa.CheckConstraint("action IN ('notice', 'correction', 'recall')", name="action"),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_broadcasts_unit")),
        sa.ForeignKeyConstraint(["author"], ["people.id"], name=op.f("fk_broadcasts_author")),
        sa.ForeignKeyConstraint(["approver"], ["people.id"], name=op.f("fk_broadcasts_approver")),
        sa.ForeignKeyConstraint(["of"], ["broadcasts.id"], name=op.f("fk_broadcasts_of")),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_broadcasts_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sa.UniqueConstraint("number", name=op.f("uq_broadcasts_number")),
    )
    op.create_index("ix_broadcasts_author", "broadcasts", ["author", "id"])
    _partial("ix_broadcasts_live", "broadcasts", ["id"], "state NOT IN ('done', 'cancelled')")
    op.create_table(
        "broadcast_recipients",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("broadcast", ID, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("person", ID, nullable=True),
        sa.Column("contact", ID, nullable=True),
        sa.Column("chat", sa.Text(), nullable=True),
        sa.Column("unit", ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outbox", ID, nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(f"state IN ({RESULTS})", name="state"),
        sa.CheckConstraint("(person IS NULL) <> (chat IS NULL)", name="one_recipient"),
        sa.ForeignKeyConstraint(
            ["broadcast"], ["broadcasts.id"], name=op.f("fk_broadcast_recipients_broadcast")
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["people.id"], name=op.f("fk_broadcast_recipients_person")
        ),
        sa.ForeignKeyConstraint(
            ["contact"], ["contacts.id"], name=op.f("fk_broadcast_recipients_contact")
        ),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_broadcast_recipients_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast_recipients")),
        sa.UniqueConstraint(
            "broadcast", "person", name=op.f("uq_broadcast_recipients_broadcast_person")
        ),
        sa.UniqueConstraint(
            "broadcast",
            "channel",
            "chat",
            name=op.f("uq_broadcast_recipients_broadcast_channel_chat"),
        ),
    )
    op.create_index(
        "ix_broadcast_recipients_state", "broadcast_recipients", ["broadcast", "state", "id"]
    )
    _partial(
        "ix_broadcast_recipients_held", "broadcast_recipients", ["channel", "chat"],
        "state = 'held'",
    )  # fmt: skip
    _partial(
        "ix_broadcast_recipients_outbox", "broadcast_recipients", ["outbox"],
        "outbox IS NOT NULL",
    )  # fmt: skip
    op.create_table(
        "notice_days",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("broadcast", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast"], ["broadcasts.id"], name=op.f("fk_notice_days_broadcast")
        ),
        sa.PrimaryKeyConstraint("channel", "chat", "day", name=op.f("pk_notice_days")),
    )
    op.create_table(
        "broadcast_answers",
        sa.Column("broadcast", ID, autoincrement=False, nullable=False),
        sa.Column("person", ID, autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast"], ["broadcasts.id"], name=op.f("fk_broadcast_answers_broadcast")
        ),
        sa.ForeignKeyConstraint(
            ["person"], ["people.id"], name=op.f("fk_broadcast_answers_person")
        ),
        sa.PrimaryKeyConstraint("broadcast", "person", name=op.f("pk_broadcast_answers")),
    )
    op.create_index("ix_broadcast_answers_person", "broadcast_answers", ["person"])


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    """An index of some rows only, on both databases."""
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
