"""Conversations handed to a human (转人工)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update

from domain.changes import AuditEntry
from domain.conversations import HandOver, HandOverState
from domain.messages import Address
from storage.schema import hand_overs, moment, stored
from storage.statements import Statement, Store, adding, among

COLUMN = b"hand_overs.private"

_RUNNING = hand_overs.c.state != HandOverState.ENDED.value
_ADD = Statement(
    adding(
        hand_overs,
        "digest",
        "person",
        "unit",
        "state",
        "staff",
        "key",
        "private",
        "opened_at",
        "ended_at",
    ).returning(hand_overs.c.id)
)
_SAVE = Statement(
    update(hand_overs)
    .where(hand_overs.c.id == bindparam("which"))
    .values(
        state=bindparam("new_state"),
        staff=bindparam("taken_by"),
        private=bindparam("sealed"),
        ended_at=bindparam("ended"),
    )
)
_KEY = Statement(select(hand_overs.c.key).where(hand_overs.c.id == bindparam("which")))
_OF_CONVERSATION = Statement(
    select(hand_overs).where(_RUNNING, hand_overs.c.digest == bindparam("which"))
)
_OF_STAFF = Statement(
    select(hand_overs)
    .where(
        hand_overs.c.state == HandOverState.ACTIVE.value,
        hand_overs.c.staff == bindparam("whose"),
    )
    .order_by(hand_overs.c.id.desc())
    .limit(1)
)
_WAITING = Statement(
    select(hand_overs)
    .where(hand_overs.c.state == HandOverState.WAITING.value, among(hand_overs.c.unit, "units"))
    .order_by(hand_overs.c.id)
)


class HandOverStore(Store):
    """Hand-overs; a conversation has at most one that has not ended."""

    __slots__ = ()

    def open(self, hand_over: HandOver) -> HandOver:
        """Keep a new one and return it with its id."""
        key = self.tx.people.key_of(hand_over.person)
        ended = hand_over.ended_at
        added = self.db.value(
            _ADD,
            digest=self._digest(hand_over.conversation),
            person=hand_over.person,
            unit=hand_over.unit,
            state=hand_over.state.value,
            staff=hand_over.staff,
            key=key,
            private=self.tx.vault.seal(key, COLUMN, _as_plain(hand_over)),
            opened_at=stored(hand_over.opened_at),
            ended_at=None if ended is None else stored(ended),
        )
        opened = replace(hand_over, id=added)
        self._note(opened)
        return opened

    def save(self, hand_over: HandOver) -> None:
        """Keep how it goes on."""
        key = self.db.value(_KEY, which=hand_over.id)
        ended = hand_over.ended_at
        self.db.run(
            _SAVE,
            which=hand_over.id,
            new_state=hand_over.state.value,
            taken_by=hand_over.staff,
            sealed=self.tx.vault.seal(key, COLUMN, _as_plain(hand_over)),
            ended=None if ended is None else stored(ended),
        )
        self._note(hand_over)

    def waiting(self, units: Iterable[int]) -> tuple[HandOver, ...]:
        """Those that nobody has taken at the desks of these units, longest first."""
        rows = self.db.all(_WAITING, units=list(units))
        return tuple(self._hand_over(row) for row in rows)

    def of_conversation(self, key: str) -> HandOver | None:
        """The one a resident's conversation is in."""
        row = self.db.one(_OF_CONVERSATION, which=self._digest(key))
        return None if row is None else self._hand_over(row)

    def of_staff(self, person: int) -> HandOver | None:
        """The one this member of staff took last and has not ended."""
        row = self.db.one(_OF_STAFF, whose=person)
        return None if row is None else self._hand_over(row)

    def _note(self, hand_over: HandOver) -> None:
        """Whoever takes one reads what a resident says in private."""
        self.tx.audit.add(
            AuditEntry(
                action=f"hand_over.{hand_over.state.value}",
                subject=f"hand_over:{hand_over.id}",
                person=hand_over.staff,
                detail={"resident": hand_over.person, "unit": hand_over.unit},
            )
        )

    def _digest(self, key: str) -> str:
        return self.tx.keyring.digest("conversation", key)

    def _hand_over(self, row: Any) -> HandOver:
        plain = self.tx.vault.open(row.key, COLUMN, row.private) or {
            "conversation": "",
            "address": ["", ""],
            "staff_address": None,
        }
        return HandOver(
            id=row.id,
            conversation=plain["conversation"],
            person=row.person,
            address=_address(plain["address"]),
            unit=row.unit,
            state=HandOverState(row.state),
            staff=row.staff,
            staff_address=_address(plain["staff_address"]) if plain["staff_address"] else None,
            opened_at=moment(row.opened_at),
            ended_at=None if row.ended_at is None else moment(row.ended_at),
        )


def _as_plain(hand_over: HandOver) -> dict[str, Any]:
    staff = hand_over.staff_address
    return {
        "conversation": hand_over.conversation,
        "address": [hand_over.address.channel, hand_over.address.chat],
        "staff_address": None if staff is None else [staff.channel, staff.chat],
    }


def _address(plain: list[str]) -> Address:
    channel, chat = plain
    return Address(channel=channel, chat=chat)
