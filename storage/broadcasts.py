"""Broadcasts: what is said, to whom, how far it has come, and what was answered."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, func, or_, select, update

from domain import audiences, broadcast_telling
from domain.acts import Act
from domain.broadcasts import (
    Action,
    Broadcast,
    BroadcastState,
    Delivery,
    Heads,
    needs_second,
)
from domain.changes import Notice
from domain.numbers import RANDOM_DIGITS, make_number
from domain.people import CLOCK
from storage.bell import Topic
from storage.schema import broadcast_answers, broadcasts, moment, stored
from storage.statements import Statement, Store, adding

COLUMN = b"broadcasts.private"
LISTED = 20
NAMED = 6  # units of an audience

_COLUMNS = (
    "number", "unit", "author", "approver", "state", "action", "of", "template", "asks", "merges",
    "overrides", "starts_at", "created_at", "planned_at", "ended_at", "plan", "heads", "counts",
    "doubts", "told", "key", "private",
)  # fmt: skip
_OF: BindParameter[Any] = bindparam("which")
_ADD = Statement(adding(broadcasts, *_COLUMNS).returning(broadcasts.c.id))
_CHANGING = tuple(
    name for name in _COLUMNS if name not in {"number", "unit", "author", "created_at", "of"}
)
_SAVE = Statement(
    update(broadcasts)
    .where(broadcasts.c.id == _OF)
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)
_GET = Statement(select(broadcasts).where(broadcasts.c.id == _OF))
_LOCK = Statement(select(broadcasts).where(broadcasts.c.id == _OF).with_for_update())
_NUMBERED = Statement(select(broadcasts.c.id).where(broadcasts.c.number == bindparam("named")))
# Said as its index says it.
_LIVE: ColumnElement[bool] = broadcasts.c.state.not_in(
    [BroadcastState.DONE.value, BroadcastState.CANCELLED.value]
)
_UNDER_WAY = Statement(
    select(broadcasts.c.id)
    .where(
        _LIVE,
        or_(
            broadcasts.c.plan.is_not(None),
            broadcasts.c.state == BroadcastState.SENDING.value,
            and_(
                broadcasts.c.state == BroadcastState.SCHEDULED.value,
                broadcasts.c.starts_at <= bindparam("now"),
            ),
        ),
    )
    .order_by(broadcasts.c.overrides.desc(), broadcasts.c.id)
)
_OF_AUTHOR = Statement(
    select(broadcasts)
    .where(broadcasts.c.author == bindparam("whose"))
    .order_by(broadcasts.c.id.desc())
    .limit(bindparam("many"))
)
_FOLLOWING = Statement(
    select(broadcasts).where(broadcasts.c.of == _OF).order_by(broadcasts.c.id.desc())
)
_GONE_OUT = Statement(
    select(broadcasts)
    .where(
        broadcasts.c.template == bindparam("kind"),
        broadcasts.c.created_at >= bindparam("since"),
        broadcasts.c.told.in_(["begun", "done"]),
        broadcasts.c.state != BroadcastState.CANCELLED.value,
    )
    .order_by(broadcasts.c.id.desc())
    .limit(bindparam("many"))
)
_NEWEST = Statement(select(broadcasts).order_by(broadcasts.c.id.desc()).limit(bindparam("many")))

_vote = adding(broadcast_answers, "broadcast", "person", "value", "at")
_VOTE = Statement(
    _vote.on_conflict_do_update(
        index_elements=["broadcast", "person"],
        set_={"value": _vote.excluded.value, "at": _vote.excluded.at},
    )
)
_VOTERS = Statement(
    select(broadcast_answers.c.person)
    .where(broadcast_answers.c.broadcast == _OF, broadcast_answers.c.value == bindparam("said"))
    .order_by(broadcast_answers.c.at, broadcast_answers.c.person)
    .limit(bindparam("many"))
)
_VOTED = Statement(
    select(broadcast_answers.c.person).where(
        broadcast_answers.c.broadcast == _OF, broadcast_answers.c.person == bindparam("whose")
    )
)
_TALLY = Statement(
    select(broadcast_answers.c.value, func.count().label("count"))
    .where(broadcast_answers.c.broadcast == _OF)
    .group_by(broadcast_answers.c.value)
)


class BroadcastStore(Store):
    """Broadcasts and their recipients; whoever changes one has locked it."""

    __slots__ = ()

    def add(self, broadcast: Broadcast) -> Broadcast:
        """Keep a new one under a number of its own."""
        day = self.tx.rules.calendar.local_day(self.tx.now)
        number = make_number(day, secrets.randbelow(10**RANDOM_DIGITS))
        while self.db.value(_NUMBERED, named=number) is not None:
            number = make_number(day, secrets.randbelow(10**RANDOM_DIGITS))
        kept = replace(broadcast, number=number)
        made: int = self.db.value(_ADD, **self._as_row(kept))
        self.tx.ring(Topic.BROADCASTS)
        return replace(kept, id=made)

    def save(self, broadcast: Broadcast) -> None:
        """Keep a changed one; who sends is woken."""
        row = self._as_row(broadcast)
        changed = {f"new_{name}": row[name] for name in _CHANGING}
        self.db.run(_SAVE, which=broadcast.id, **changed)
        self.tx.ring(Topic.BROADCASTS)

    def get(self, which: int) -> Broadcast | None:
        """The one with this id."""
        row = self.db.one(_GET, which=which)
        return None if row is None else self._broadcast(row)

    def lock(self, which: int) -> Broadcast | None:
        """The same, which nobody else changes until this transaction ends."""
        row = self.db.one(_LOCK, which=which)
        return None if row is None else self._broadcast(row)

    def numbered(self, number: str) -> Broadcast | None:
        """The one with this number."""
        found = self.db.value(_NUMBERED, named=number)
        return None if found is None else self.get(found)

    def under_way(self) -> tuple[int, ...]:
        """Those with which there is something to do now, emergencies first."""
        return tuple(row.id for row in self.db.all(_UNDER_WAY, now=stored(self.tx.now)))

    def of_author(self, person: int, many: int = LISTED) -> tuple[Broadcast, ...]:
        """What this person wrote, newest first."""
        rows = self.db.all(_OF_AUTHOR, whose=person, many=many)
        return tuple(self._broadcast(row) for row in rows)

    def following(self, broadcast: Broadcast) -> tuple[Broadcast, ...]:
        """What corrects it, takes it back or asks once more, newest first."""
        return tuple(map(self._broadcast, self.db.all(_FOLLOWING, which=broadcast.id)))

    def sent_since(
        self, since: datetime, template: str, many: int = LISTED
    ) -> tuple[Broadcast, ...]:
        """Those of this template that began to go out and were written since, newest first."""
        rows = self.db.all(_GONE_OUT, kind=template, since=stored(since), many=many)
        return tuple(self._broadcast(row) for row in rows)

    def newest(self, many: int = LISTED) -> tuple[Broadcast, ...]:
        """What anybody wrote, newest first."""
        return tuple(self._broadcast(row) for row in self.db.all(_NEWEST, many=many))

    def plan_some(self, broadcast: Broadcast, many: int) -> Broadcast:
        """Give the next of the audience their rows; everybody has one however often they come."""
        if broadcast.plan is None:
            return broadcast
        left_out = 0
        if broadcast.of is None:
            chunk = self.tx.audiences.expand(broadcast.audience, broadcast.plan, many=many)
            found, following, left_out = chunk.addressees, chunk.following, chunk.left_out
        elif broadcast.is_repeat:
            found, following = self.tx.recipients.silent_of(broadcast, broadcast.plan, many)
        else:
            found, following = self.tx.recipients.reached_by(broadcast.of, broadcast.plan, many)
        heads = broadcast.heads
        recipients = self.tx.recipients
        people, groups = Counter(heads.people), Counter(heads.groups)
        for channel in {one.channel for one in found}:
            here = [one for one in found if one.channel == channel]
            private = [one for one in here if one.person is not None]
            people[channel] += recipients.plan_people(broadcast, private)
            if len(private) < len(here):
                shared = [one for one in here if one.person is None]
                groups[channel] += recipients.plan_groups(broadcast, shared)
        return replace(
            broadcast,
            plan=following,
            heads=Heads(people=+people, groups=+groups, left_out=heads.left_out + left_out),
        )

    def preview(self, broadcast: Broadcast) -> Notice:
        """What its author is shown once all recipients are known."""
        rules, zone = self.tx.rules.limits.broadcasts, self.tx.rules.zone
        act = Act(actor=CLOCK, at=self.tx.now, rules=self.tx.rules, org=self.tx.org)
        return broadcast_telling.preview(
            broadcast,
            where=self.where(broadcast),
            second=needs_second(broadcast, act),
            night=not rules.may_send_at(broadcast.starts_at or self.tx.now, zone),
            spared=self.tx.recipients.had_one_today(broadcast),
        )

    def where(self, broadcast: Broadcast) -> str:
        """The units it is for by their names, the first of them where they are many."""
        named = [self.tx.org.unit(unit).name for unit in sorted(broadcast.audience.units)]
        return "、".join(named[:NAMED])

    def vote(self, broadcast: int, person: int, value: str) -> None:
        """Their answer; a later one stands."""
        now = stored(self.tx.now)
        self.db.run(_VOTE, broadcast=broadcast, person=person, value=value, at=now)

    def tally(self, broadcast: Broadcast) -> Mapping[str, int]:
        """How many gave which answer."""
        rows = self.db.all(_TALLY, which=broadcast.answered_as)
        return {row.value: row.count for row in rows}

    def voters(self, broadcast: Broadcast, value: str, many: int) -> tuple[int, ...]:
        """Who gave this answer, the first first."""
        rows = self.db.all(_VOTERS, which=broadcast.answered_as, said=value, many=many)
        return tuple(row.person for row in rows)

    def has_answered(self, broadcast: Broadcast, person: int | None) -> bool:
        """Whether this person has."""
        return self.db.value(_VOTED, which=broadcast.answered_as, whose=person) is not None

    def _as_row(self, broadcast: Broadcast) -> dict[str, Any]:
        key = self.tx.vault.service_key()
        heads = broadcast.heads
        private = {
            "title": broadcast.title,
            "text": broadcast.text,
            "reason": broadcast.reason,
            "audience": audiences.as_plain(broadcast.audience),
        }
        return {
            "number": broadcast.number,
            "unit": broadcast.unit,
            "author": broadcast.author,
            "approver": broadcast.approver,
            "state": broadcast.state.value,
            "action": broadcast.action.value,
            "of": broadcast.of,
            "template": broadcast.template,
            "asks": broadcast.asks,
            "merges": broadcast.merges,
            "overrides": broadcast.overrides,
            "starts_at": _stored(broadcast.starts_at),
            "created_at": stored(broadcast.created_at),
            "planned_at": stored(broadcast.planned_at),
            "ended_at": _stored(broadcast.ended_at),
            "plan": broadcast.plan,
            "heads": json.dumps([dict(heads.people), dict(heads.groups), heads.left_out]),
            "counts": json.dumps({state.value: n for state, n in broadcast.counts.items()}),
            "doubts": broadcast.doubts,
            "told": broadcast.told,
            "key": key,
            "private": self.tx.vault.seal(key, COLUMN, private),
        }

    def _broadcast(self, row: Any) -> Broadcast:
        private = self.tx.vault.open(row.key, COLUMN, row.private)
        people, groups, left_out = json.loads(row.heads)
        return Broadcast(
            id=row.id,
            number=row.number,
            unit=row.unit,
            author=row.author,
            approver=row.approver,
            state=BroadcastState(row.state),
            action=Action(row.action),
            of=row.of,
            template=row.template,
            title=private["title"],
            text=private["text"],
            reason=private["reason"],
            audience=audiences.from_plain(private["audience"]),
            asks=bool(row.asks),
            merges=bool(row.merges),
            overrides=bool(row.overrides),
            starts_at=_moment(row.starts_at),
            created_at=moment(row.created_at),
            planned_at=moment(row.planned_at),
            ended_at=_moment(row.ended_at),
            plan=row.plan,
            heads=Heads(people=people, groups=groups, left_out=left_out),
            counts={Delivery(name): n for name, n in json.loads(row.counts).items()},
            doubts=row.doubts,
            told=row.told,
        )


def _stored(at: datetime | None) -> int | None:
    return None if at is None else stored(at)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)
