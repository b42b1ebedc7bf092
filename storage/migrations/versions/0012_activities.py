"""Keep party branches, activities, who was asked and came, and what each was told once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COMING = sa.text("state IN ('planned', 'changed')")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "branches",
        sa.Column("unit", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("committee", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("party_day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_branches_unit")),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_branches")),
    )
    op.create_table(
        "activity_series",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("organiser", ID, nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("starts", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("holidays", sa.Text(), nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "holidays IN ('move', 'skip', 'keep')", name=op.f("ck_activity_series_holidays")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_activity_series_minutes")),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_activity_series_key")),
        sa.ForeignKeyConstraint(
            ["organiser"], ["people.id"], name=op.f("fk_activity_series_organiser")
        ),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_activity_series_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_series")),
    )
    op.create_index("ix_activity_series_organiser", "activity_series", ["organiser"])
    op.create_table(
        "calendar_feeds",
        sa.Column("person", ID, autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("key", ID, nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_calendar_feeds_key")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_calendar_feeds_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feeds_digest")),
    )
    op.create_table(
        "party_members",
        sa.Column("person", ID, autoincrement=False, nullable=False),
        sa.Column("branch", ID, nullable=False),
        sa.Column("party_group", ID, nullable=True),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("birthday", sa.Text(), nullable=True),
        sa.Column("votes", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("away_since", sa.Text(), nullable=True),
        sa.Column("contacted", sa.Text(), nullable=True),
        sa.Column("key", ID, nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "position IN ('branch_secretary', 'branch_deputy', 'branch_committee', "
            "'group_leader', 'member')",
            name=op.f("ck_party_members_position"),
        ),
        sa.ForeignKeyConstraint(
            ["branch"], ["branches.unit"], name=op.f("fk_party_members_branch")
        ),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_party_members_key")),
        sa.ForeignKeyConstraint(
            ["party_group"], ["units.id"], name=op.f("fk_party_members_party_group")
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_party_members_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_party_members")),
    )
    op.create_index("ix_party_members_birthday", "party_members", ["birthday"])
    op.create_index("ix_party_members_branch", "party_members", ["branch"])
    op.create_table(
        "activities",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("unit", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("organiser", ID, nullable=True),
        sa.Column("series", ID, nullable=True),
        sa.Column("occurrence", sa.Text(), nullable=True),
        sa.Column("inviting", sa.Text(), nullable=True),
        sa.Column("key", ID, nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("expected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("present", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('general_meeting', 'committee_meeting', 'group_meeting', 'lecture', "
            "'party_day', 'life_meeting', 'appraisal', 'volunteering', 'free')",
            name=op.f("ck_activities_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'changed', 'cancelled', 'held', 'recorded')",
            name=op.f("ck_activities_state"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_activities_span")),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_activities_key")),
        sa.ForeignKeyConstraint(
            ["organiser"], ["people.id"], name=op.f("fk_activities_organiser")
        ),
        sa.ForeignKeyConstraint(
            ["series"], ["activity_series.id"], name=op.f("fk_activities_series")
        ),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_activities_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )
    op.create_index(
        "ix_activities_coming",
        "activities",
        ["ends_at"],
        sqlite_where=COMING,
        postgresql_where=COMING,
    )
    op.create_index("ix_activities_ends_at", "activities", ["ends_at"])
    op.create_index(
        "ix_activities_inviting",
        "activities",
        ["id"],
        sqlite_where=sa.text("inviting IS NOT NULL"),
        postgresql_where=sa.text("inviting IS NOT NULL"),
    )
    op.create_index(
        "ix_activities_occurrence",
        "activities",
        ["series", "occurrence"],
        unique=True,
        sqlite_where=sa.text("series IS NOT NULL"),
        postgresql_where=sa.text("series IS NOT NULL"),
    )
    op.create_index("ix_activities_organiser", "activities", ["organiser"])
    op.create_index("ix_activities_unit", "activities", ["unit", "starts_at"])
    op.create_table(
        "attendance",
        sa.Column("activity", ID, autoincrement=False, nullable=False),
        sa.Column("person", ID, autoincrement=False, nullable=False),
        sa.Column("reply", sa.Text(), server_default="asked", nullable=False),
        sa.Column("replied_at", sa.BigInteger(), nullable=True),
        sa.Column("key", ID, nullable=True),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("came_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "reply IN ('asked', 'going', 'waiting', 'leave')", name=op.f("ck_attendance_reply")
        ),
        sa.ForeignKeyConstraint(
            ["activity"], ["activities.id"], name=op.f("fk_attendance_activity")
        ),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_attendance_key")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_attendance_person")),
        sa.PrimaryKeyConstraint("activity", "person", name=op.f("pk_attendance")),
    )
    op.create_index("ix_attendance_person", "attendance", ["person", "activity"])
    op.create_index(
        "ix_attendance_waiting",
        "attendance",
        ["activity", "replied_at"],
        sqlite_where=sa.text("reply = 'waiting'"),
        postgresql_where=sa.text("reply = 'waiting'"),
    )
    op.create_table(
        "reminders",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("activity", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="due", nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('due', 'told', 'dropped', 'unreached')", name=op.f("ck_reminders_state")
        ),
        sa.ForeignKeyConstraint(
            ["activity"], ["activities.id"], name=op.f("fk_reminders_activity")
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_reminders_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint(
            "activity", "person", "stage", name=op.f("uq_reminders_activity_person_stage")
        ),
    )
    op.create_index(
        "ix_reminders_due",
        "reminders",
        ["due_at", "id"],
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index(
        "ix_reminders_ended_at",
        "reminders",
        ["ended_at"],
        sqlite_where=sa.text("state <> 'due'"),
        postgresql_where=sa.text("state <> 'due'"),
    )
    op.create_index("ix_reminders_person", "reminders", ["person"])
