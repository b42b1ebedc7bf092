"""Every table, on one page: what may be missing, what must be unique, what may never be.

Times are whole microseconds since 1970 in UTC (`stored`, `moment`): exact, small, and compared by
both databases as numbers. Columns named `private` or `…_sealed` hold AES-GCM ciphertext under the
data key `key` of the same row; columns named `digest` or `…_digest` hold a keyed HMAC of what must
be found and may not be read. Codes, units, buildings and entrances are plain.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from domain.activities import ActivityKind, ActivityState, Reply
from domain.branches import Position
from domain.broadcasts import Action, BroadcastState, Delivery
from domain.conversations import GroupMode, HandOverState
from domain.messages import AttachmentKind, ChatKind
from domain.orders import FINAL, RUNNING, OrderClass, Privacy, Source, Status
from domain.people import ConsentWord, Role
from domain.places import PlaceKind
from domain.policies import PolicyState, QuestionKind, QuestionState
from domain.units import UnitKind
from storage.errors import NaiveTime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def stored(at: datetime) -> int:
    """The time as it is stored; raises NaiveTime when it has no zone."""
    if at.tzinfo is None:
        raise NaiveTime(f"{at.isoformat()} has no zone")
    return (at - EPOCH) // MICROSECOND


def moment(value: int) -> datetime:
    """The time that was stored, aware and in UTC."""
    return EPOCH + timedelta(microseconds=value)


class InboxState(StrEnum):
    """Where an accepted message stands."""

    NEW = "new"  # 待处理
    DONE = "done"  # 已处理
    DEAD = "dead"  # 死信


class OutboxState(StrEnum):
    """Where an outgoing message stands (design.md §9, "Delivery")."""

    QUEUED = "queued"  # 待投递
    CLAIMED = "claimed"  # 已领取
    SENDING = "sending"  # 投递中
    SENT = "sent"  # 已送达
    REFUSED = "refused"  # 被拒绝
    UNKNOWN = "unknown"  # 不确定
    CANCELLED = "cancelled"  # 已取消


class ModelState(StrEnum):
    """Where a model stands."""

    ASKED = "asked"  # to be trained
    USED = "used"
    ASIDE = "aside"  # trained and not better
    RETIRED = "retired"  # was in use
    FAILED = "failed"  # could not be trained


class AttachmentState(StrEnum):
    """Whether the bytes of an attachment are here."""

    PENDING = "pending"  # 待取
    STORED = "stored"  # 已存
    FAILED = "failed"  # 取不到


UNSENT = (OutboxState.QUEUED, OutboxState.CLAIMED, OutboxState.SENDING)

ID = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", ID, Identity(), primary_key=True)


def _to(table: str, name: str, *, null: bool = False) -> Column[int]:
    return Column(name, ID, ForeignKey(f"{table}.id"), nullable=null)


def _key(*, null: bool = False) -> Column[int]:
    return _to("keys", "key", null=null)


def _text(name: str, *, null: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=null, server_default=default)


def _number(name: str, *, null: bool = False, default: str | None = None) -> Column[int]:
    return Column(name, BigInteger, nullable=null, server_default=default)


def _sealed(name: str, *, null: bool = True) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


def _yes(name: str, *, default: bool = False) -> Column[bool]:
    value = true() if default else false()
    return Column(name, Boolean, nullable=False, server_default=value)


def _degrees(name: str) -> Column[float]:
    return Column(name, Float(53), nullable=True)


def _one_of(column: str, members: Iterable[StrEnum]) -> CheckConstraint:
    return CheckConstraint(_in(column, members), name=column)


def _in(column: str, members: Iterable[StrEnum]) -> str:
    listed = ", ".join(f"'{member}'" for member in members)
    return f"{column} IN ({listed})"


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(
        name,
        *columns,
        unique=unique,
        sqlite_where=text(f"{where} = 1" if where.isidentifier() else where),
        postgresql_where=text(where),
    )


# --- sealing -------------------------------------------------------------------------------------

keys = Table(
    "keys",
    metadata,
    _id(),
    _text("purpose"),  # "person", "day:2026-11-21", "service"
    Column("person", ID, nullable=True, index=True),  # whose it is; NULL for day and service keys
    _sealed("wrapped"),  # NULL once destroyed
    _partial("ix_keys_shared", "purpose", where="purpose <> 'person'", unique=True),
    sqlite_autoincrement=True,
)

erasures = Table(
    "erasures",
    metadata,
    Column("digest", Text, primary_key=True),  # of the person's id, and of every account
    _number("at"),
)

# --- the operator's tables -----------------------------------------------------------------------

units = Table(
    "units",
    metadata,
    _id(),
    Column("code", Text, nullable=False, unique=True),
    _text("kind"),
    _text("name"),
    _to("units", "parent", null=True),
    _one_of("kind", UnitKind),
)

places = Table(
    "places",
    metadata,
    _id(),
    Column("code", Text, nullable=False, unique=True),
    _text("kind"),
    _text("name"),
    _to("places", "parent", null=True),
    _to("units", "unit"),
    Column("entrances", Integer),
    _degrees("latitude"),
    _degrees("longitude"),
    _one_of("kind", PlaceKind),
)

place_aliases = Table(
    "place_aliases",
    metadata,
    Column("place", ID, ForeignKey("places.id"), primary_key=True),
    Column("alias", Text, primary_key=True),
)

categories = Table(
    "categories",
    metadata,
    Column("code", Text, primary_key=True),
    _text("name"),
    _text("english"),
    _text("order_class", null=True),
    _text("words"),  # JSON list
    _text("owner"),
    _text("done_when"),
    _text("path"),
    _one_of("order_class", OrderClass),
    _one_of("owner", Role),
)

deadlines = Table(
    "deadlines",
    metadata,
    Column("order_class", Text, primary_key=True),
    _text("policy"),  # JSON: the budgets, fractions and intervals of DeadlinePolicy
    _one_of("order_class", OrderClass),
)

phones = Table(
    "phones",
    metadata,
    _id(),
    _text("key"),
    _text("name"),
    _text("number"),
    _to("units", "unit", null=True),
    UniqueConstraint("key", "name", "number", "unit"),
)

holidays = Table(
    "holidays",
    metadata,
    Column("day", Text, primary_key=True),  # 2026-10-01
    _text("name"),
    _yes("working"),
)

versions = Table(
    "versions",
    metadata,
    Column("kind", Text, primary_key=True),
    _number("version", default="0"),
)

clock = Table(
    "clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _number("ahead"),  # microseconds the sample's business clock is ahead
    CheckConstraint("id = 1", name="single"),
)

# --- people --------------------------------------------------------------------------------------

people = Table(
    "people",
    metadata,
    _id(),
    Column("code", Text, unique=True),  # the operator's own key, for imported people
    _key(),
    _sealed("name_sealed"),
    _sealed("phone_sealed"),
    Column("phone_digest", Text, index=True),
    _text("language", default="zh"),
    _yes("erased"),
    _yes("quiet"),  # wants answers only
    _yes("withdrew"),  # took back their consent
    _to("people", "merged_into", null=True),
    _number("created_at"),
    _number("warned_at", null=True),  # that they will be erased if nothing is heard of them
    sqlite_autoincrement=True,
)

consents = Table(  # what was said to the notice; rows are only added
    "consents",
    metadata,
    _id(),
    _to("people", "person"),
    _text("word"),
    _text("version"),
    _text("channel"),
    _number("at"),
    _text("wording"),  # hash of the notice as it was worded
    _one_of("word", ConsentWord),
    Index("ix_consents_person", "person", "channel"),
)

contacts = Table(
    "contacts",
    metadata,
    _id(),
    Column("person", ID, ForeignKey("people.id"), nullable=False, index=True),
    _text("channel"),
    _text("account_digest", null=True),  # NULL once erased
    Column("chat_digest", Text, index=True),  # of the private chat; NULL when none is open
    _key(),
    _sealed("private"),  # account, private chat, shown name
    _yes("reachable", default=True),
    _number("heard_at"),
    UniqueConstraint("channel", "account_digest"),
)

grants = Table(
    "grants",
    metadata,
    _id(),
    Column("person", ID, ForeignKey("people.id"), nullable=False, index=True),
    _to("units", "unit"),
    _text("role"),
    _number("start"),
    _number("end", null=True),
    _one_of("role", Role),
    CheckConstraint('"end" IS NULL OR "end" >= start', name="span"),
    Index("ix_grants_post", "unit", "role"),
    _partial("ix_grants_open", "person", "unit", "role", where='"end" IS NULL', unique=True),
)

delegations = Table(
    "delegations",
    metadata,
    _id(),
    Column("person", ID, ForeignKey("people.id"), nullable=False, index=True),
    Column("deputy", ID, ForeignKey("people.id"), nullable=False, index=True),
    _number("start"),
    _number("end"),
    CheckConstraint('"end" >= start', name="span"),
    CheckConstraint("person <> deputy", name="two_people"),
)

memberships = Table(  # who belongs to which unit, as a resident (tag "") or as something else
    "memberships",
    metadata,
    Column("person", ID, ForeignKey("people.id"), primary_key=True),
    Column("unit", ID, ForeignKey("units.id"), primary_key=True),
    Column("tag", Text, primary_key=True),
    _number("since"),
    Index("ix_memberships_unit", "unit", "person", "tag"),
)

# --- chats and messages --------------------------------------------------------------------------

chats = Table(  # groups; a private chat is a person's contact
    "chats",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    _text("kind"),
    _text("title"),
    Column("unit", ID, ForeignKey("units.id"), index=True),
    _text("mode"),
    _yes("active", default=True),
    _text("moved_to", null=True),  # its new name on the channel, once it was migrated
    _one_of("kind", ChatKind),
    _one_of("mode", GroupMode),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("digest", Text, nullable=False, unique=True),  # of channel and platform key
    _text("channel"),
    Column("conversation", Text, nullable=False, index=True),  # digest of the conversation's key
    _number("position"),  # Inbound.order
    _key(),  # the day's
    _sealed("private"),
    _text("state", default=InboxState.NEW),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _number("received_at"),
    _number("ready_at"),
    _yes("waited"),
    _yes("held"),  # over a limit: nobody looks at it before ready_at
    _text("owner", null=True),
    _number("lease_until", default="0"),
    _text("error", null=True),  # class of the last failure
    _one_of("state", InboxState),
    CheckConstraint("attempts >= 0", name="attempts"),
    _partial("ix_inbox_new", "conversation", "position", "id", where="state = 'new'"),
    _partial("ix_inbox_ready", "ready_at", where="state = 'new'"),
    _partial("ix_inbox_dead", "id", where="state = 'dead'"),
    _partial("ix_inbox_blank", "received_at", where="private IS NULL"),
    Index("ix_inbox_received_at", "received_at"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _text("channel"),
    _text("address_digest"),
    Column("lane", Integer, nullable=False),  # its place among the lanes, 0 first
    _text("state", default=OutboxState.QUEUED),
    _key(),
    _sealed("private"),  # chat, text, buttons, photos, values…
    Column("person", ID, ForeignKey("people.id")),
    _text("phrase"),
    _text("number"),  # of the work order, or ""
    Column("request_key", Text, unique=True),  # saying the same thing twice says it once
    _number("created_at"),
    _number("due_at", null=True),  # the promise it made
    _number("ready_at"),  # not before: flood control, back-off
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("unknowns", Integer, nullable=False, server_default="0"),  # of its attempts
    _text("token", null=True),  # of the relay that holds it
    _number("lease_until", default="0"),
    _number("finished_at", null=True),
    _text("message", null=True),  # the platform's number
    _text("reason", null=True),
    _one_of("state", OutboxState),
    _partial("ix_outbox_queued", "channel", "lane", "id", where="state = 'queued'"),
    _partial("ix_outbox_unsent", "address_digest", "lane", "id", where=_in("state", UNSENT)),
    # A post may have much to hear: its line is stepped over and not walked along.
    _partial(
        "ix_outbox_staff",
        "channel",
        "address_digest",
        "id",
        where=f"lane = 2 AND {_in('state', UNSENT)}",
    ),
    _partial("ix_outbox_held", "channel", "lease_until", where="state IN ('claimed', 'sending')"),
    _partial("ix_outbox_unknown", "id", where="unknowns > 0"),
    _partial(
        "ix_outbox_words",
        "finished_at",
        where="private IS NOT NULL AND finished_at IS NOT NULL",
    ),
    _partial("ix_outbox_message", "address_digest", "message", where="message IS NOT NULL"),
    _partial("ix_outbox_person", "person", "id", where="person IS NOT NULL"),
    _partial("ix_outbox_number", "number", where="number <> '' AND private IS NOT NULL"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("digest", Text, primary_key=True),  # of the conversation's key
    _number("version", default="0"),
    Column("person", ID, ForeignKey("people.id"), nullable=False, index=True),
    Column("address_digest", Text, nullable=False, index=True),
    _text("chat_kind"),
    _key(),
    _sealed("private"),
    _number("changed_at"),
    _one_of("chat_kind", ChatKind),
)

questions = Table(
    "questions",
    metadata,
    _id(),
    Column("token", Text, nullable=False, unique=True),
    _to("people", "person"),
    _text("address_digest"),
    _key(),
    _sealed("private"),  # address, choices, context
    _text("step"),
    _text("number"),
    _number("order_version", null=True),
    _number("asked_at"),
    _number("until"),
    _number("answered_at", null=True),
    Column("outbox", ID, ForeignKey("outbox.id")),
    _partial("ix_questions_open", "person", "address_digest", "id", where="answered_at IS NULL"),
    Index("ix_questions_outbox", "outbox"),
    Index("ix_questions_person", "person"),
)

hand_overs = Table(
    "hand_overs",
    metadata,
    _id(),
    _text("digest"),  # of the resident's conversation
    Column("person", ID, ForeignKey("people.id"), nullable=False, index=True),
    _to("units", "unit"),
    _text("state"),
    Column("staff", ID, ForeignKey("people.id")),
    _key(),
    _sealed("private"),  # the conversation's key and both addresses
    _number("opened_at"),
    _number("ended_at", null=True),
    _one_of("state", HandOverState),
    _partial("ix_hand_overs_running", "digest", where="state <> 'ended'", unique=True),
    _partial("ix_hand_overs_waiting", "unit", "id", where="state = 'waiting'"),
    _partial("ix_hand_overs_staff", "staff", where="state = 'active'"),
)

transcripts = Table(  # what the pages of the web chat show
    "transcripts",
    metadata,
    _id(),
    _text("address_digest"),
    Column("person", ID, ForeignKey("people.id")),
    _text("direction"),
    Column("outbox", ID, ForeignKey("outbox.id"), unique=True),
    _text("request_key", null=True),  # the inbound's
    _key(),
    _sealed("private"),  # text, buttons, photos
    _number("at"),
    _text("answered", null=True),  # the question that was answered here
    CheckConstraint("direction IN ('in', 'out')", name="direction"),
    UniqueConstraint("address_digest", "request_key"),
    Index("ix_transcripts_cursor", "address_digest", "id"),
    _partial("ix_transcripts_person", "person", where="person IS NOT NULL"),
    sqlite_autoincrement=True,
)

# --- work orders ---------------------------------------------------------------------------------

orders = Table(
    "orders",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    _number("version", default="0"),
    _text("status"),
    _text("category"),
    _text("order_class"),
    _to("units", "community"),
    _to("units", "grid", null=True),
    _to("units", "owner_unit", null=True),
    _text("owner_role", null=True),
    _text("reported_in_digest", null=True),  # of the chat it was said in
    _text("estate"),
    _text("building"),
    _text("entrance"),
    _key(),  # the reporter's, or the service's when there is none
    _sealed("private"),  # words, room, spot, coordinates, chat it was reported in
    Column("reporter", ID, ForeignKey("people.id")),
    _text("privacy"),
    _text("source"),
    _yes("about_staff"),
    _yes("restricted"),
    _number("created_at"),
    _number("promised_at", null=True),
    _number("resolved_at", null=True),  # while it waits for the resident's word
    _yes("extension_asked"),  # and neither granted nor refused
    _yes("untold"),  # nobody who owes the next step could be told
    _yes("supervised"),  # 督办, and not struck off yet
    _to("orders", "parent", null=True),
    _text("more"),  # JSON: accused, responders, photos
    Column("event_count", Integer, nullable=False, server_default="0"),
    # A person confirmed the category: to judge models by, else to learn from (domain/learning.py).
    Column("held_back", Boolean),
    _one_of("status", Status),
    _one_of("order_class", OrderClass),
    _one_of("privacy", Privacy),
    _one_of("source", Source),
    _one_of("owner_role", Role),
    CheckConstraint("(owner_unit IS NULL) = (owner_role IS NULL)", name="owner"),
    Index("ix_orders_reporter", "reporter", "id"),
    _partial("ix_orders_running", "id", where=_in("status", sorted(RUNNING))),
    _partial(
        "ix_orders_similar",
        "community",
        "category",
        "created_at",
        where=_in("status", sorted(RUNNING)),
    ),
    Index("ix_orders_owner", "owner_unit", "owner_role", "status", "id"),
    _partial("ix_orders_desk", "community", "id", where="status = 'open'"),
    _partial("ix_orders_drafts", "created_at", where="status = 'draft'"),
    _partial("ix_orders_resolved", "id", "resolved_at", where="status = 'resolved'"),
    _partial(
        "ix_orders_over",
        "created_at",
        where=f"{_in('status', sorted(FINAL))} AND private IS NOT NULL",
    ),
    _partial("ix_orders_extension_asked", "community", "id", where="extension_asked"),
    _partial("ix_orders_untold", "id", where="untold"),
    _partial("ix_orders_supervised", "id", where="supervised"),
    _partial("ix_orders_examples", "id", where="held_back IS NOT NULL"),
    _partial("ix_orders_parent", "parent", where="parent IS NOT NULL"),
    _partial(
        "ix_orders_reported_in",
        "reported_in_digest",
        "created_at",
        where="reported_in_digest IS NOT NULL",
    ),
    Index("ix_orders_created_at", "community", "created_at"),
)

order_events = Table(
    "order_events",
    metadata,
    Column("order_id", ID, ForeignKey("orders.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    _text("kind"),
    _number("at"),
    Column("person", ID, ForeignKey("people.id")),
    _key(null=True),
    _sealed("private"),  # reason and words; NULL when both are empty
    _text("values", null=True),  # JSON: codes and numbers
    CheckConstraint("seq > 0", name="seq"),
    _partial("ix_order_events_person", "person", where="person IS NOT NULL"),
)

followers = Table(
    "followers",
    metadata,
    Column("order_id", ID, ForeignKey("orders.id"), primary_key=True),
    Column("person", ID, ForeignKey("people.id"), primary_key=True),
    Index("ix_followers_person", "person", "order_id"),
)

attachments = Table(
    "attachments",
    metadata,
    _id(),
    Column("person", ID, ForeignKey("people.id"), index=True),
    _text("number"),  # of the work order, or ""
    _text("channel"),
    _text("kind"),
    _key(),
    _sealed("private"),  # the channel's own name for it
    _text("media_type"),
    _number("size", null=True),
    _number("seconds", null=True),
    _text("state"),
    _text("reason", null=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _text("owner", null=True),
    _number("lease_until", default="0"),
    _number("created_at"),
    _one_of("kind", AttachmentKind),
    _one_of("state", AttachmentState),
    _partial("ix_attachments_pending", "id", where="state = 'pending'"),
    _partial("ix_attachments_number", "number", where="number <> ''"),
)

attachment_bytes = Table(
    "attachment_bytes",
    metadata,
    Column("attachment", ID, ForeignKey("attachments.id"), primary_key=True),
    _sealed("bytes_sealed", null=False),
)

models = Table(  # what was learnt of categories; one is in use, and one may be asked for
    "models",
    metadata,
    _id(),
    _text("state"),
    _number("asked_at"),
    _number("ended_at", null=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _yes("pinned"),  # by command: only a command may put another in its place
    _text("reason", default=""),
    _text("figures", default="{}"),  # JSON
    _text("digest", null=True),
    Column("body", LargeBinary),  # its weights; none: the rules alone
    _one_of("state", ModelState),
    _partial("ix_models_one", "state", where="state IN ('asked', 'used')", unique=True),
)

# --- keeping order -------------------------------------------------------------------------------

audit = Table(
    "audit",
    metadata,
    _id(),
    _number("at"),
    _text("action"),
    _text("subject"),
    Column("person", ID, ForeignKey("people.id")),
    _text("detail"),  # JSON: codes and numbers
    _number("seq", null=True),  # its place in the chain; NULL until it is sealed
    _sealed("digest"),  # HMAC over the digest before and everything above
    Index("ix_audit_subject", "subject", "id"),
    Index("ix_audit_seq", "seq", unique=True),
    _partial("ix_audit_unsealed", "id", where="seq IS NULL"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _number("seq"),  # of the newest entry that was sealed
    _sealed("digest", null=False),
    _number("cut_seq"),  # up to here the entries were dropped when their time was over
    _sealed("cut_digest", null=False),
    _sealed("seal", null=False),  # HMAC over the columns above
    CheckConstraint("id = 1", name="single"),
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("job", Text, primary_key=True),
    Column("fire_time", BigInteger, primary_key=True, autoincrement=False),
    _text("owner"),
    _number("lease_until"),
    _number("finished_at", null=True),
    _text("outcome", null=True),
    _partial("ix_job_runs_unfinished", "job", "fire_time", where="finished_at IS NULL"),
)

spot_checks = Table(
    "spot_checks",
    metadata,
    _id(),
    _to("units", "unit"),
    _number("since"),
    _number("until"),
    _text("seed"),
    Column("drawn_from", Integer, nullable=False),  # so many work orders were closed in that time
    _number("drawn_at"),
    UniqueConstraint("unit", "since"),
)

spot_checked = Table(
    "spot_checked",
    metadata,
    Column("spot_check", ID, ForeignKey("spot_checks.id"), primary_key=True),
    Column("order_id", ID, ForeignKey("orders.id"), primary_key=True),
    Column("good", Boolean),  # NULL until somebody looked
    Column("person", ID, ForeignKey("people.id")),
    _number("at", null=True),
    Index("ix_spot_checked_order", "order_id"),
    _partial("ix_spot_checked_person", "person", where="person IS NOT NULL"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    _text("owner"),
    _number("token"),  # the fencing token: grows with every new holder
    _number("until"),
)

buckets = Table(  # of those who spoke lately; a full one is the same as none
    "buckets",
    metadata,
    Column("digest", Text, primary_key=True),  # of whose it is
    _number("full_at"),
    _number("held", default="0"),
)

codes = Table(
    "codes",
    metadata,
    Column("digest", Text, primary_key=True),
    _text("kind"),
    _text("payload"),  # JSON
    _number("until"),
    CheckConstraint("kind IN ('invite', 'link', 'start')", name="kind"),
    Index("ix_codes_until", "until"),
)

# --- policy answers ------------------------------------------------------------------------------

policies = Table(
    "policies",
    metadata,
    _id(),
    Column("code", Text, nullable=False, unique=True),
    Column("unit", ID, ForeignKey("units.id")),  # none: for everybody
    _text("state"),
    _text("content"),  # JSON: question, answer, source, validity…
    Column("author", ID, ForeignKey("people.id")),
    Column("reviewer", ID, ForeignKey("people.id")),
    _number("helpful", default="0"),
    _number("unhelpful", default="0"),
    _number("version", default="0"),
    _one_of("state", PolicyState),
    Index("ix_policies_state", "state"),
)

policy_questions = Table(  # without a good answer yet; their words are their work order's
    "policy_questions",
    metadata,
    _id(),
    Column("order_id", ID, ForeignKey("orders.id"), nullable=False, unique=True),
    _to("units", "unit"),
    _text("kind"),
    _text("policy", default=""),  # code of the entry that did not help
    _text("entry", default=""),  # code of the entry made from it
    _text("state"),
    _number("asked_at"),
    _number("ended_at", null=True),
    _one_of("kind", QuestionKind),
    _one_of("state", QuestionState),
    _partial("ix_policy_questions_open", "unit", "id", where="state = 'open'"),
    _partial("ix_policy_questions_entry", "entry", where="entry <> ''"),
)

# --- notices and broadcasts ----------------------------------------------------------------------

broadcasts = Table(
    "broadcasts",
    metadata,
    _id(),
    Column("number", Text, nullable=False, unique=True),
    _to("units", "unit"),
    _to("people", "author"),
    _to("people", "approver", null=True),
    _text("state"),
    _text("action"),
    _to("broadcasts", "of", null=True),  # the one it corrects or takes back
    _text("template"),
    _yes("asks"),
    _yes("merges"),
    _yes("overrides"),  # an emergency: at night too, and to everybody
    _number("starts_at", null=True),
    _number("created_at"),
    _number("planned_at"),
    _number("ended_at", null=True),
    _text("plan", null=True),  # how far its audience was expanded; NULL: everybody has a row
    _text("heads"),  # JSON: how many people and groups on each channel
    _text("counts"),  # JSON: how many have which result
    _number("doubts", default="0"),
    _text("told", default=""),
    _key(),
    _sealed("private"),  # title, text, audience
    _one_of("state", BroadcastState),
    _one_of("action", Action),
    Index("ix_broadcasts_author", "author", "id"),
    _partial("ix_broadcasts_live", "id", where="state NOT IN ('done', 'cancelled')"),
)

broadcast_recipients = Table(
    "broadcast_recipients",
    metadata,
    _id(),
    _to("broadcasts", "broadcast"),
    _text("channel"),
    Column("person", ID, ForeignKey("people.id")),
    Column("contact", ID, ForeignKey("contacts.id")),
    _text("chat", null=True),  # a group's
    Column("unit", ID, ForeignKey("units.id")),  # a group's
    _text("state"),
    _text("reason", null=True),
    Column("outbox", ID),  # its message, which may have been dropped since
    Column("tries", Integer, nullable=False, server_default="0"),
    _number("ready_at", null=True),  # once held for a digest: when that is due
    _number("at", null=True),
    _one_of("state", Delivery),
    CheckConstraint("(person IS NULL) <> (chat IS NULL)", name="one_recipient"),
    UniqueConstraint("broadcast", "person"),
    UniqueConstraint("broadcast", "channel", "chat"),
    Index("ix_broadcast_recipients_state", "broadcast", "state", "id"),
    _partial("ix_broadcast_recipients_held", "channel", "chat", where="state = 'held'"),
    _partial("ix_broadcast_recipients_outbox", "outbox", where="outbox IS NOT NULL"),
)

notice_days = Table(  # which group had its one ordinary notice on which day
    "notice_days",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    _to("broadcasts", "broadcast"),
)

broadcast_answers = Table(
    "broadcast_answers",
    metadata,
    Column("broadcast", ID, ForeignKey("broadcasts.id"), primary_key=True, autoincrement=False),
    Column("person", ID, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    _text("value"),
    _number("at"),
    Index("ix_broadcast_answers_person", "person"),
)

# --- branches and activities ---------------------------------------------------------------------

branches = Table(
    "branches",
    metadata,
    Column("unit", ID, ForeignKey("units.id"), primary_key=True, autoincrement=False),
    _text("name"),
    _yes("committee"),
    Column("party_day", Integer),  # the day of the month for 主题党日
)

party_members = Table(
    "party_members",
    metadata,
    Column("person", ID, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("branch", ID, ForeignKey("branches.unit"), nullable=False, index=True),
    Column("party_group", ID, ForeignKey("units.id")),
    _text("position"),
    _text("birthday", null=True),  # 06-09, to be found by; the date is sealed
    _yes("votes"),
    _text("away_since", null=True),
    _text("contacted", null=True),
    _key(),
    _sealed("private"),  # the day they joined, where they are while away
    _one_of("position", Position),
    Index("ix_party_members_birthday", "birthday"),
)

activity_series = Table(  # what an activity comes again and again from
    "activity_series",
    metadata,
    _id(),
    _to("units", "unit"),
    Column("organiser", ID, ForeignKey("people.id"), index=True),
    _text("rule"),  # RRULE of iCalendar
    _text("starts"),  # wall time of the first one: clocks may change, the hour does not
    Column("minutes", Integer, nullable=False),
    _text("holidays"),  # what becomes of one that falls on a holiday
    _key(),
    _sealed("private"),
    _number("ended_at", null=True),
    CheckConstraint("holidays IN ('move', 'skip', 'keep')", name="holidays"),
    CheckConstraint("minutes > 0", name="minutes"),
)

activities = Table(
    "activities",
    metadata,
    _id(),
    _to("units", "unit"),
    _text("kind"),
    _text("state"),
    _number("starts_at"),
    _number("ends_at"),
    Column("capacity", Integer),
    Column("organiser", ID, ForeignKey("people.id"), index=True),
    _to("activity_series", "series", null=True),
    _text("occurrence", null=True),  # the day its series meant it for
    _text("inviting", null=True),  # how far asking people has come; NULL when all were
    _key(),
    _sealed("private"),  # title, place, audience, chats, reason, minutes
    Column("expected", Integer, nullable=False, server_default="0"),
    Column("present", Integer, nullable=False, server_default="0"),
    _number("version", default="0"),
    _number("created_at"),
    _one_of("kind", ActivityKind),
    _one_of("state", ActivityState),
    CheckConstraint("ends_at > starts_at", name="span"),
    Index("ix_activities_unit", "unit", "starts_at"),
    Index("ix_activities_ends_at", "ends_at"),
    _partial("ix_activities_coming", "ends_at", where="state IN ('planned', 'changed')"),
    _partial("ix_activities_inviting", "id", where="inviting IS NOT NULL"),
    _partial(
        "ix_activities_occurrence", "series", "occurrence", where="series IS NOT NULL", unique=True
    ),
)

attendance = Table(  # everybody who was asked to an activity, or came without
    "attendance",
    metadata,
    Column("activity", ID, ForeignKey("activities.id"), primary_key=True, autoincrement=False),
    Column("person", ID, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    _text("reply", default=Reply.ASKED),
    _number("replied_at", null=True),
    _key(null=True),
    _sealed("private"),  # why they cannot come
    _number("came_at", null=True),
    _one_of("reply", Reply),
    Index("ix_attendance_person", "person", "activity"),
    _partial("ix_attendance_waiting", "activity", "replied_at", where="reply = 'waiting'"),
)

reminders = Table(  # what one person is told of one activity, each thing once
    "reminders",
    metadata,
    _id(),
    _to("activities", "activity"),
    _to("people", "person"),
    _text("stage"),  # asked, d7, h2, moved.3, nudge.20260609103000, cancelled, record.d1…
    _number("due_at"),
    _text("state", default="due"),
    _number("ended_at", null=True),
    UniqueConstraint("activity", "person", "stage"),
    CheckConstraint("state IN ('due', 'told', 'dropped', 'unreached')", name="state"),
    _partial("ix_reminders_due", "due_at", "id", where="state = 'due'"),
    _partial("ix_reminders_ended_at", "ended_at", where="state <> 'due'"),
    Index("ix_reminders_person", "person"),
)

calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    Column("person", ID, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False, unique=True),  # of the secret in its link
    _key(),
    _sealed("private"),  # the secret, to show the link again
    _number("made_at"),
)
