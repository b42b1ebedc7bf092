"""What the service must remember between two messages of one person in one chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from domain.conversations import Conversation
from domain.messages import Address, ChatKind, Inbound
from domain.places import OrderPlace
from storage.errors import Conflict
from storage.schema import conversations, stored
from storage.statements import Statement, Store, adding

_PLACE = tuple(field.name for field in fields(OrderPlace))
COLUMN = b"conversations.private"
_REMEMBERED = (
    "account",
    "community",
    "drafts",
    "asked",
    "focus",
    "misses",
    "greeted",
)

_THIS = conversations.c.digest == bindparam("which")
_GET = Statement(select(conversations).where(_THIS))
_LOCK = Statement(select(conversations).where(_THIS).with_for_update())
_ADD = Statement(
    adding(
        conversations,
        "digest",
        "person",
        "address_digest",
        "chat_kind",
        "key",
        "private",
        "changed_at",
    ).on_conflict_do_nothing(index_elements=["digest"])
)
_SAVE = Statement(
    update(conversations)
    .where(_THIS, conversations.c.version == bindparam("before"))
    .values(
        version=bindparam("after"),
        person=bindparam("whose"),
        key=bindparam("sealed_by"),
        private=bindparam("sealed"),
        changed_at=bindparam("now"),
    )
)
_OF_PERSON = Statement(
    select(conversations)
    .where(conversations.c.person == bindparam("whose"))
    .order_by(conversations.c.changed_at.desc())
)
_AT = Statement(select(conversations).where(conversations.c.address_digest == bindparam("where")))
_MOVE = Statement(
    update(conversations)
    .where(_THIS)
    .values(
        digest=bindparam("new_digest"),
        address_digest=bindparam("where"),
        private=bindparam("sealed"),
    )
)
_FORGET = Statement(delete(conversations).where(conversations.c.person == bindparam("whose")))
_GIVE = Statement(
    update(conversations)
    .where(conversations.c.person == bindparam("drop"))
    .values(person=bindparam("keep"))
)


class ConversationStore(Store):
    """Conversations, locked for one unit of work at a time and saved by their version."""

    __slots__ = ()

    def lock(self, inbound: Inbound, *, person: int, community: int | None = None) -> Conversation:
        """The conversation this was said in, ours alone until the commit; made when it is the
        first word.

        The row is there before it is locked: a lock on nothing would hold nobody back. In a group
        `community` is what the chat is bound to; a private one keeps where the person last
        reported.
        """
        digest = self._digest(inbound.conversation)
        row = self.db.one(_LOCK, which=digest)
        if row is None:
            self._add(digest, inbound, person, community)
            if inbound.chat_kind is ChatKind.GROUP and community is not None:
                self.tx.audiences.join(person, community)
            row = self.db.one(_LOCK, which=digest)
            assert row is not None
        known = self._conversation(row)
        if known is None:  # sealed for somebody who was erased
            known = replace(_fresh(inbound, person, community), version=row.version)
        if inbound.chat_kind is ChatKind.GROUP and community is not None:
            known = replace(known, community=community)
        return replace(known, person=person)

    def get(self, key: str) -> Conversation | None:
        """The conversation with this key, as last saved."""
        row = self.db.one(_GET, which=self._digest(key))
        return None if row is None else self._conversation(row)

    def save(self, conversation: Conversation) -> Conversation:
        """The conversation with its next version; raises Conflict when somebody saved it in
        between.

        Nothing is kept, and nothing raised, when the person was erased in this very turn.
        """
        key = self.tx.people.key_of(conversation.person)
        saved = replace(conversation, version=conversation.version + 1)
        touched = self.db.run(
            _SAVE,
            which=self._digest(conversation.key),
            before=conversation.version,
            after=saved.version,
            whose=conversation.person,
            sealed_by=key,
            sealed=self.tx.vault.seal(key, COLUMN, _as_plain(conversation)),
            now=stored(self.tx.now),
        )
        if touched != 1 and not self.tx.vault.is_destroyed(key):
            raise Conflict("the conversation", conversation.version)
        return saved

    def of_person(self, person: int) -> tuple[Conversation, ...]:
        """The person's conversations, the latest first."""
        found = (self._conversation(row) for row in self.db.all(_OF_PERSON, whose=person))
        return tuple(conversation for conversation in found if conversation is not None)

    def digests_of(self, person: int) -> tuple[str, ...]:
        """What the person's conversations are known by in other tables."""
        return tuple(row.digest for row in self.db.all(_OF_PERSON, whose=person))

    def move(self, old: Address, new: Address) -> None:
        """The chat got a new name: what was remembered there is remembered there still."""
        for row in self.db.all(_AT, where=self.tx.address_digest(old)):
            known = self._conversation(row)
            if known is None:
                continue
            moved = replace(known, key=f"{new.channel}:{new.chat}:{known.account}", address=new)
            if self.db.one(_GET, which=self._digest(moved.key)) is None:
                self.db.run(
                    _MOVE,
                    which=row.digest,
                    new_digest=self._digest(moved.key),
                    where=self.tx.address_digest(new),
                    sealed=self.tx.vault.seal(row.key, COLUMN, _as_plain(moved)),
                )

    def forget(self, person: int) -> None:
        """Remove everything remembered of a person's conversations."""
        self.db.run(_FORGET, whose=person)

    def give(self, *, keep: int, drop: int) -> None:
        """The conversations of one person are the other's."""
        self.db.run(_GIVE, keep=keep, drop=drop)

    def _add(self, digest: str, inbound: Inbound, person: int, community: int | None) -> None:
        key = self.tx.people.key_of(person)
        fresh = _fresh(inbound, person, community)
        self.db.run(
            _ADD,
            digest=digest,
            person=person,
            address_digest=self.tx.address_digest(inbound.address),
            chat_kind=inbound.chat_kind.value,
            key=key,
            private=self.tx.vault.seal(key, COLUMN, _as_plain(fresh)),
            changed_at=stored(self.tx.now),
        )

    def _digest(self, key: str) -> str:
        return self.tx.keyring.digest("conversation", key)

    def _conversation(self, row: Any) -> Conversation | None:
        plain = self.tx.vault.open(row.key, COLUMN, row.private)
        if plain is None:
            return None
        return Conversation(
            key=":".join((plain["channel"], plain["chat"], plain["account"])),
            address=Address(channel=plain["channel"], chat=plain["chat"]),
            chat_kind=ChatKind(row.chat_kind),
            person=row.person,
            version=row.version,
            last_place=OrderPlace(**plain["last_place"]),
            memory=plain["memory"],
            **{name: _remembered(plain, name) for name in _REMEMBERED},
        )


def _remembered(plain: Mapping[str, Any], name: str) -> Any:
    value = plain[name]
    return tuple(value) if isinstance(value, list) else value


def _fresh(inbound: Inbound, person: int, community: int | None) -> Conversation:
    return Conversation(
        key=inbound.conversation,
        address=inbound.address,
        chat_kind=inbound.chat_kind,
        account=inbound.account,
        person=person,
        community=community,
    )


def _as_plain(conversation: Conversation) -> dict[str, Any]:
    place = conversation.last_place
    return {
        "channel": conversation.address.channel,
        "chat": conversation.address.chat,
        "last_place": {
            name: value for name in _PLACE if (value := getattr(place, name)) not in ("", None)
        },
        "memory": dict(conversation.memory),
        **{name: getattr(conversation, name) for name in _REMEMBERED},
    }
