"""One transaction: the stores, the time, and the three ways of speaking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import text

from domain.changes import Asking, Change
from domain.conversations import Conversation
from domain.messages import Address, Lane
from domain.orders import WorkOrder
from domain.people import Person
from domain.places import Place
from domain.rules import Rules
from domain.units import Org
from domain.wording import Wording
from storage import telling
from storage.activities import ActivityStore
from storage.activity_links import ActivityLinks
from storage.activity_reminders import ReminderStore
from storage.activity_series import SeriesStore
from storage.attachments import AttachmentStore
from storage.audiences import AudienceStore
from storage.audit import AuditStore
from storage.bell import Bell, address_digest
from storage.branches import BranchStore
from storage.broadcasts import BroadcastStore
from storage.buckets import BucketStore
from storage.catalogue import Catalogue
from storage.chats import ChatStore
from storage.codes import CodeStore
from storage.consents import ConsentStore
from storage.conversations import ConversationStore
from storage.errors import Conflict
from storage.hand_overs import HandOverStore
from storage.inbox import InboxStore
from storage.jobs import JobStore
from storage.keyring import Keyring, OpenKeys
from storage.leases import LeaseStore
from storage.models import ModelStore
from storage.orders import OrderStore
from storage.outbox import OutboxStore
from storage.people import PersonStore
from storage.policies import PolicyStore
from storage.questions import QuestionStore
from storage.recipients import RecipientStore
from storage.schema import moment
from storage.sealing_chain import SealingChain
from storage.statements import SQLITE, Session, Statement
from storage.tables import TableStore
from storage.transcripts import TranscriptStore
from storage.vault import Vault

__all__ = ["Begin", "Conflict", "Shared", "Transaction"]

_SQLITE_CLOCK = Statement(
    text("SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000")
)
_POSTGRESQL_CLOCK = Statement(
    text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
)
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all transactions of a process have in common."""

    keyring: Keyring
    wording: Wording
    now: Callable[[], datetime]
    catalogue: Callable[[], Catalogue]
    open_keys: OpenKeys = field(default_factory=OpenKeys)
    bell: Bell = field(default_factory=Bell)

    def begin(self, session: Session) -> Transaction:
        """A transaction on this session."""
        return Transaction(session, self)


Begin = Callable[[Session], "Transaction"]


class Transaction:
    """What a unit of work sees: stores over one open transaction, the business time, the imported
    tables.

    Lock order is inbox, conversation, buckets, work order; never two conversations in one
    transaction.
    """

    def __init__(self, session: Session, shared: Shared) -> None:
        self.session = session
        self._digests: dict[Address, str] = {}
        self._bell = shared.bell
        self._rings: set[str] = set()
        self.keyring = shared.keyring
        self.open_keys = shared.open_keys
        self.wording = shared.wording
        self.catalogue = shared.catalogue()
        self.now = shared.now() + self.catalogue.ahead
        self.heard = ""  # the key of the message that is handled, kept beside what is said to it
        self.vault = Vault(self)
        self.inbox = InboxStore(self)
        self.outbox = OutboxStore(self)
        self.conversations = ConversationStore(self)
        self.questions = QuestionStore(self)
        self.people = PersonStore(self)
        self.consents = ConsentStore(self)
        self.chats = ChatStore(self)
        self.broadcasts = BroadcastStore(self)
        self.recipients = RecipientStore(self)
        self.audiences = AudienceStore(self)
        self.orders = OrderStore(self)
        self.attachments = AttachmentStore(self)
        self.audit = AuditStore(self)
        self.chain = SealingChain(self)
        self.jobs = JobStore(self)
        self.leases = LeaseStore(self)
        self.codes = CodeStore(self)
        self.buckets = BucketStore(self)
        self.hand_overs = HandOverStore(self)
        self.policies = PolicyStore(self)
        self.transcripts = TranscriptStore(self)
        self.tables = TableStore(self)
        self.models = ModelStore(self)
        self.branches = BranchStore(self)
        self.activities = ActivityStore(self)
        self.series = SeriesStore(self)
        self.reminders = ReminderStore(self)
        self.activity_links = ActivityLinks(self)

    @property
    def org(self) -> Org:
        """The org tree."""
        return self.catalogue.org

    @property
    def places(self) -> tuple[Place, ...]:
        """The place table."""
        return self.catalogue.places

    @property
    def rules(self) -> Rules:
        """The operator's tables."""
        return self.catalogue.rules

    def record(self, change: Change, *, by: int | None) -> dict[str, WorkOrder]:
        """Save a decision whole: orders with their events, audit, and what everybody is told.
        Orders by number.
        """
        return telling.record(self, change, by=by)

    def answer(
        self,
        conversation: Conversation,
        phrase: str,
        values: Mapping[str, Any],
        *,
        person: Person,
        asking: Asking | None,
        number: str,
        lane: Lane,
        private: bool,
        photos: tuple[int, ...],
        reply_to: str,
    ) -> int:
        """Queue an answer to the person in this conversation; its outbox row."""
        return telling.answer(
            self,
            conversation,
            phrase,
            values,
            person=person,
            asking=asking,
            number=number,
            lane=lane,
            private=private,
            photos=photos,
            reply_to=reply_to,
        )

    def apologise(self, conversation: Conversation, *, person: Person, aloud: bool = True) -> None:
        """Say that a message could not be handled (if `aloud`), and tell the desk."""
        telling.apologise(self, conversation, person=person, aloud=aloud)

    def database_now(self) -> datetime:
        """The time leases go by, which nobody moves; read once per transaction."""
        return moment(self._clock)

    def clock_after(self, seconds: float) -> int:
        """The database's time so many seconds from now, as it is stored."""
        return self._clock + round(seconds * MICROSECONDS)

    def address_digest(self, address: Address) -> str:
        """What stands for an address in look-up columns."""
        digest = self._digests.get(address)
        if digest is None:
            digest = self._digests[address] = address_digest(self.keyring, address)
        return digest

    def ring(self, topic: str) -> None:
        """Whoever waits for such things hears of it once this is committed."""
        self._rings.add(topic)

    def committed(self) -> None:
        """The transaction is durable: its keys may be remembered, the destroyed ones are
        forgotten, and who waits for what it wrote is woken.
        """
        self.open_keys.remember(self.vault.opened, self.vault.shared)
        self.open_keys.forget(self.vault.destroyed)
        self._bell.ring(self._rings)

    @cached_property
    def _clock(self) -> int:
        clock = _SQLITE_CLOCK if self.session.dialect == SQLITE else _POSTGRESQL_CLOCK
        value: int = self.session.value(clock)
        return value
