"""Who was asked to an activity and has said nothing, and which of them can be told anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, case, exists, func, select

from domain.activities import Reply
from storage.schema import attendance, contacts, people
from storage.statements import Statement

if TYPE_CHECKING:
    from storage.transaction import Transaction

# As they are told (storage/activity_telling.py): in a private chat, unless they want peace.
_IS_REACHED = and_(
    ~people.c.quiet,
    ~people.c.erased,
    ~people.c.withdrew,
    exists().where(
        contacts.c.person == people.c.id,
        contacts.c.reachable,
        contacts.c.chat_digest.is_not(None),
    ),
)
_ASKED = and_(attendance.c.activity == bindparam("which"), attendance.c.reply == Reply.ASKED.value)
_WHO = attendance.join(people, people.c.id == attendance.c.person)
_COUNT = Statement(
    select(func.count().label("count"), func.count(case((_IS_REACHED, 1))).label("reached"))
    .select_from(_WHO)
    .where(_ASKED)
)
_NAMED = Statement(
    select(attendance.c.person, case((_IS_REACHED, 1), else_=0).label("reached"))
    .select_from(_WHO)
    .where(_ASKED)
    .order_by(attendance.c.person)
    .limit(bindparam("many"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """How many have said nothing, and how many of them can be told in private."""

    count: int
    reached: int

    @property
    def unreached(self) -> int:
        """Those somebody must ask otherwise."""
        return self.count - self.reached


def silent(tx: Transaction, activity: int) -> Silent:
    """How many they are."""
    row = tx.session.one(_COUNT, which=activity)
    assert row is not None
    return Silent(count=row.count, reached=row.reached)


def silent_people(tx: Transaction, activity: int, many: int) -> tuple[tuple[int, bool], ...]:
    """The first of them, each with whether they can be told."""
    rows = tx.session.all(_NAMED, which=activity, many=many)
    return tuple((row.person, bool(row.reached)) for row in rows)
