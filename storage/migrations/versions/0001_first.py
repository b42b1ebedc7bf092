"""Every table of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "categories",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("english", sa.Text(), nullable=False),
        sa.Column("order_class", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("done_when", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "order_class IN ('E0', 'E1', 'U', 'N', 'D', 'Q', 'S', 'X')",
            name=op.f("ck_categories_order_class"),
        ),
        sa.CheckConstraint(
            "owner IN ('grid_worker', 'grid_leader', 'property', 'duty', 'secretary', "
            "'street_duty', 'street_leader', 'department', 'women_contact', 'admin')",
            name=op.f("ck_categories_owner"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_categories")),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ahead", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_clock_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    op.create_table(
        "codes",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('invite', 'link', 'start')", name=op.f("ck_codes_kind")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_codes")),
    )
    op.create_index("ix_codes_until", "codes", ["until"], unique=False)
    op.create_table(
        "deadlines",
        sa.Column("order_class", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "order_class IN ('E0', 'E1', 'U', 'N', 'D', 'Q', 'S', 'X')",
            name=op.f("ck_deadlines_order_class"),
        ),
        sa.PrimaryKeyConstraint("order_class", name=op.f("pk_deadlines")),
    )
    op.create_table(
        "erasures",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_erasures")),
    )
    op.create_table(
        "holidays",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("working", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holidays")),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("fire_time", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("job", "fire_time", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "keys",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_keys_person"), "keys", ["person"], unique=False)
    op.create_index(
        "ix_keys_shared",
        "keys",
        ["purpose"],
        unique=True,
        sqlite_where=sa.text("purpose <> 'person'"),
        postgresql_where=sa.text("purpose <> 'person'"),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "units",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "kind IN ('district', 'street', 'community', 'grid', 'building', 'entrance', "
            "'department')",
            name=op.f("ck_units_kind"),
        ),
        sa.ForeignKeyConstraint(["parent"], ["units.id"], name=op.f("fk_units_parent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("code", name=op.f("uq_units_code")),
    )
    op.create_table(
        "versions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_versions")),
    )
    op.create_table(
        "chats",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("unit", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('private', 'group')", name=op.f("ck_chats_kind")),
        sa.CheckConstraint(
            "mode IN ('clear_reports', 'addressed_only')", name=op.f("ck_chats_mode")
        ),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_chats_unit")),
        sa.PrimaryKeyConstraint("channel", "chat", name=op.f("pk_chats")),
    )
    op.create_index(op.f("ix_chats_unit"), "chats", ["unit"], unique=False)
    op.create_table(
        "inbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("conversation", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("waited", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('new', 'done', 'dead')", name=op.f("ck_inbox_state")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_inbox_attempts")),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_inbox_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("digest", name=op.f("uq_inbox_digest")),
    )
    op.create_index(op.f("ix_inbox_conversation"), "inbox", ["conversation"], unique=False)
    op.create_index(
        "ix_inbox_dead",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_inbox_new",
        "inbox",
        ["conversation", "position", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index(
        "ix_inbox_ready",
        "inbox",
        ["ready_at"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], unique=False)
    op.create_table(
        "people",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_digest", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="zh", nullable=False),
        sa.Column("erased", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "merged_into", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_people_key")),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["people.id"], name=op.f("fk_people_merged_into")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("code", name=op.f("uq_people_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_people_phone_digest"), "people", ["phone_digest"], unique=False)
    op.create_table(
        "phones",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("unit", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_phones_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones")),
        sa.UniqueConstraint(
            "key", "name", "number", "unit", name=op.f("uq_phones_key_name_number_unit")
        ),
    )
    op.create_table(
        "places",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("unit", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("entrances", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Float(precision=53), nullable=True),
        sa.Column("longitude", sa.Float(precision=53), nullable=True),
        sa.CheckConstraint(
            "kind IN ('estate', 'building', 'landmark', 'road')", name=op.f("ck_places_kind")
        ),
        sa.ForeignKeyConstraint(["parent"], ["places.id"], name=op.f("fk_places_parent")),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_places_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("code", name=op.f("uq_places_code")),
    )
    op.create_table(
        "attachments",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('photo', 'voice', 'video', 'file')", name=op.f("ck_attachments_kind")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'stored', 'failed')", name=op.f("ck_attachments_state")
        ),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_attachments_key")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_attachments_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(
        "ix_attachments_number",
        "attachments",
        ["number"],
        unique=False,
        sqlite_where=sa.text("number <> ''"),
        postgresql_where=sa.text("number <> ''"),
    )
    op.create_index(
        "ix_attachments_pending",
        "attachments",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(op.f("ix_attachments_person"), "attachments", ["person"], unique=False)
    op.create_table(
        "audit",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_audit_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["subject", "id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("account_digest", sa.Text(), nullable=True),
        sa.Column("chat_digest", sa.Text(), nullable=True),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("reachable", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_contacts_key")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_contacts_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint(
            "channel", "account_digest", name=op.f("uq_contacts_channel_account_digest")
        ),
    )
    op.create_index(op.f("ix_contacts_chat_digest"), "contacts", ["chat_digest"], unique=False)
    op.create_index(op.f("ix_contacts_person"), "contacts", ["person"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_digest", sa.Text(), nullable=False),
        sa.Column("chat_kind", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "chat_kind IN ('private', 'group')", name=op.f("ck_conversations_chat_kind")
        ),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_conversations_key")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_conversations_person")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_conversations")),
    )
    op.create_index(
        op.f("ix_conversations_address_digest"), "conversations", ["address_digest"], unique=False
    )
    op.create_index(op.f("ix_conversations_person"), "conversations", ["person"], unique=False)
    op.create_table(
        "delegations",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deputy", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"end" >= start', name=op.f("ck_delegations_span")),
        sa.CheckConstraint("person <> deputy", name=op.f("ck_delegations_two_people")),
        sa.ForeignKeyConstraint(["deputy"], ["people.id"], name=op.f("fk_delegations_deputy")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_delegations_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index(op.f("ix_delegations_deputy"), "delegations", ["deputy"], unique=False)
    op.create_index(op.f("ix_delegations_person"), "delegations", ["person"], unique=False)
    op.create_table(
        "grants",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IN ('grid_worker', 'grid_leader', 'property', 'duty', 'secretary', "
            "'street_duty', 'street_leader', 'department', 'women_contact', 'admin')",
            name=op.f("ck_grants_role"),
        ),
        sa.CheckConstraint('"end" IS NULL OR "end" >= start', name=op.f("ck_grants_span")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_grants_person")),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_grants_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index(
        "ix_grants_open",
        "grants",
        ["person", "unit", "role"],
        unique=True,
        sqlite_where=sa.text('"end" IS NULL'),
        postgresql_where=sa.text('"end" IS NULL'),
    )
    op.create_index(op.f("ix_grants_person"), "grants", ["person"], unique=False)
    op.create_index("ix_grants_post", "grants", ["unit", "role"], unique=False)
    op.create_table(
        "hand_overs",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("staff", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'active', 'ended')", name=op.f("ck_hand_overs_state")
        ),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_hand_overs_key")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_hand_overs_person")),
        sa.ForeignKeyConstraint(["staff"], ["people.id"], name=op.f("fk_hand_overs_staff")),
        sa.ForeignKeyConstraint(["unit"], ["units.id"], name=op.f("fk_hand_overs_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_overs")),
    )
    op.create_index(op.f("ix_hand_overs_person"), "hand_overs", ["person"], unique=False)
    op.create_index(
        "ix_hand_overs_running",
        "hand_overs",
        ["digest"],
        unique=True,
        sqlite_where=sa.text("state <> 'ended'"),
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index(
        "ix_hand_overs_staff",
        "hand_overs",
        ["staff"],
        unique=False,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "ix_hand_overs_waiting",
        "hand_overs",
        ["unit", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "orders",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("order_class", sa.Text(), nullable=False),
        sa.Column(
            "community", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("grid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "owner_unit", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("owner_role", sa.Text(), nullable=True),
        sa.Column("reported_in_digest", sa.Text(), nullable=True),
        sa.Column("estate", sa.Text(), nullable=False),
        sa.Column("building", sa.Text(), nullable=False),
        sa.Column("entrance", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("reporter", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("privacy", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("about_staff", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("promised_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("extension_asked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("untold", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("parent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("more", sa.Text(), nullable=False),
        sa.Column("event_count", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "order_class IN ('E0', 'E1', 'U', 'N', 'D', 'Q', 'S', 'X')",
            name=op.f("ck_orders_order_class"),
        ),
        sa.CheckConstraint(
            "owner_role IN ('grid_worker', 'grid_leader', 'property', 'duty', 'secretary', "
            "'street_duty', 'street_leader', 'department', 'women_contact', 'admin')",
            name=op.f("ck_orders_owner_role"),
        ),
        sa.CheckConstraint(
            "privacy IN ('open', 'confidential', 'anonymous')", name=op.f("ck_orders_privacy")
        ),
        sa.CheckConstraint(
            "source IN ('resident', 'patrol', 'staff')", name=op.f("ck_orders_source")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'open', 'assigned', 'accepted', 'suspended', 'resolved', "
            "'closed', 'declined', 'withdrawn', 'merged', 'transferred')",
            name=op.f("ck_orders_status"),
        ),
        sa.CheckConstraint(
            "(owner_unit IS NULL) = (owner_role IS NULL)", name=op.f("ck_orders_owner")
        ),
        sa.ForeignKeyConstraint(["community"], ["units.id"], name=op.f("fk_orders_community")),
        sa.ForeignKeyConstraint(["grid"], ["units.id"], name=op.f("fk_orders_grid")),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_orders_key")),
        sa.ForeignKeyConstraint(["owner_unit"], ["units.id"], name=op.f("fk_orders_owner_unit")),
        sa.ForeignKeyConstraint(["parent"], ["orders.id"], name=op.f("fk_orders_parent")),
        sa.ForeignKeyConstraint(["reporter"], ["people.id"], name=op.f("fk_orders_reporter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
    )
    op.create_index("ix_orders_created_at", "orders", ["community", "created_at"], unique=False)
    op.create_index(
        "ix_orders_desk",
        "orders",
        ["community", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_orders_drafts",
        "orders",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("status = 'draft'"),
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.create_index(
        "ix_orders_extension_asked",
        "orders",
        ["community", "id"],
        unique=False,
        sqlite_where=sa.text("extension_asked = 1"),
        postgresql_where=sa.text("extension_asked"),
    )
    op.create_index(
        "ix_orders_owner", "orders", ["owner_unit", "owner_role", "status", "id"], unique=False
    )
    op.create_index(
        "ix_orders_parent",
        "orders",
        ["parent"],
        unique=False,
        sqlite_where=sa.text("parent IS NOT NULL"),
        postgresql_where=sa.text("parent IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_reported_in",
        "orders",
        ["reported_in_digest", "created_at"],
        unique=False,
        sqlite_where=sa.text("reported_in_digest IS NOT NULL"),
        postgresql_where=sa.text("reported_in_digest IS NOT NULL"),
    )
    op.create_index("ix_orders_reporter", "orders", ["reporter", "id"], unique=False)
    op.create_index(
        "ix_orders_resolved",
        "orders",
        ["id", "resolved_at"],
        unique=False,
        sqlite_where=sa.text("status = 'resolved'"),
        postgresql_where=sa.text("status = 'resolved'"),
    )
    op.create_index(
        "ix_orders_running",
        "orders",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status IN ('accepted', 'assigned', 'open', 'suspended')"),
        postgresql_where=sa.text("status IN ('accepted', 'assigned', 'open', 'suspended')"),
    )
    op.create_index(
        "ix_orders_similar",
        "orders",
        ["community", "category", "created_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('accepted', 'assigned', 'open', 'suspended')"),
        postgresql_where=sa.text("status IN ('accepted', 'assigned', 'open', 'suspended')"),
    )
    op.create_index(
        "ix_orders_untold",
        "orders",
        ["id"],
        unique=False,
        sqlite_where=sa.text("untold = 1"),
        postgresql_where=sa.text("untold"),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address_digest", sa.Text(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("phrase", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'claimed', 'sending', 'sent', 'refused', 'unknown', 'cancelled')",
            name=op.f("ck_outbox_state"),
        ),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_outbox_key")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_outbox_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("request_key", name=op.f("uq_outbox_request_key")),
    )
    op.create_index(
        "ix_outbox_held",
        "outbox",
        ["channel", "lease_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('claimed', 'sending')"),
        postgresql_where=sa.text("state IN ('claimed', 'sending')"),
    )
    op.create_index(
        "ix_outbox_message",
        "outbox",
        ["address_digest", "message"],
        unique=False,
        sqlite_where=sa.text("message IS NOT NULL"),
        postgresql_where=sa.text("message IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_person",
        "outbox",
        ["person", "id"],
        unique=False,
        sqlite_where=sa.text("person IS NOT NULL"),
        postgresql_where=sa.text("person IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_queued",
        "outbox",
        ["channel", "lane", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["address_digest", "lane", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'claimed', 'sending')"),
        postgresql_where=sa.text("state IN ('queued', 'claimed', 'sending')"),
    )
    op.create_table(
        "place_aliases",
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["place"], ["places.id"], name=op.f("fk_place_aliases_place")),
        sa.PrimaryKeyConstraint("place", "alias", name=op.f("pk_place_aliases")),
    )
    op.create_table(
        "attachment_bytes",
        sa.Column(
            "attachment", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("bytes_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment"], ["attachments.id"], name=op.f("fk_attachment_bytes_attachment")
        ),
        sa.PrimaryKeyConstraint("attachment", name=op.f("pk_attachment_bytes")),
    )
    op.create_table(
        "followers",
        sa.Column(
            "order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_followers_order_id")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_followers_person")),
        sa.PrimaryKeyConstraint("order_id", "person", name=op.f("pk_followers")),
    )
    op.create_index("ix_followers_person", "followers", ["person", "order_id"], unique=False)
    op.create_table(
        "order_events",
        sa.Column(
            "order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("values", sa.Text(), nullable=True),
        sa.CheckConstraint("seq > 0", name=op.f("ck_order_events_seq")),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_order_events_key")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id")
        ),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_order_events_person")),
        sa.PrimaryKeyConstraint("order_id", "seq", name=op.f("pk_order_events")),
    )
    op.create_index(
        "ix_order_events_person",
        "order_events",
        ["person"],
        unique=False,
        sqlite_where=sa.text("person IS NOT NULL"),
        postgresql_where=sa.text("person IS NOT NULL"),
    )
    op.create_table(
        "questions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_digest", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_version", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("outbox", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_questions_key")),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.id"], name=op.f("fk_questions_outbox")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_questions_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("token", name=op.f("uq_questions_token")),
    )
    op.create_index(
        "ix_questions_open",
        "questions",
        ["person", "address_digest", "id"],
        unique=False,
        sqlite_where=sa.text("answered_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index("ix_questions_outbox", "questions", ["outbox"], unique=False)
    op.create_index("ix_questions_person", "questions", ["person"], unique=False)
    op.create_table(
        "transcripts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("address_digest", sa.Text(), nullable=False),
        sa.Column("person", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("outbox", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("request_key", sa.Text(), nullable=True),
        sa.Column("key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.Text(), nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_transcripts_direction")),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_transcripts_key")),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.id"], name=op.f("fk_transcripts_outbox")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_transcripts_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transcripts")),
        sa.UniqueConstraint(
            "address_digest", "request_key", name=op.f("uq_transcripts_address_digest_request_key")
        ),
        sa.UniqueConstraint("outbox", name=op.f("uq_transcripts_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_transcripts_cursor", "transcripts", ["address_digest", "id"], unique=False)
    op.create_index(
        "ix_transcripts_person",
        "transcripts",
        ["person"],
        unique=False,
        sqlite_where=sa.text("person IS NOT NULL"),
        postgresql_where=sa.text("person IS NOT NULL"),
    )
