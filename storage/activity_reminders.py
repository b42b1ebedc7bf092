"""What each person is told of an activity, each thing once: the row is the telling."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.activities import Reply
from storage.schema import attendance, moment, reminders, stored
from storage.statements import Statement, Store, adding, among

Steps = Iterable[tuple[str, datetime]]
NUDGE = "nudge."  # how the stages begin in which those are asked again who said nothing

_UNIQUE = ["activity", "person", "stage"]
_PLAN = Statement(
    adding(reminders, "activity", "person", "stage", "due_at").on_conflict_do_nothing(
        index_elements=_UNIQUE
    )
)


def _for_those(*conditions: ColumnElement[bool]) -> Statement:
    return Statement(
        insert(reminders)
        .from_select(
            ["activity", "person", "stage", "due_at", "state"],
            select(
                attendance.c.activity,
                attendance.c.person,
                bindparam("of_stage"),
                bindparam("at"),
                literal("due"),
            ).where(attendance.c.activity == bindparam("which"), *conditions),
            include_defaults=False,
        )
        .on_conflict_do_nothing(index_elements=_UNIQUE)
    )


_PLAN_FOR_ALL = _for_those()
_PLAN_FOR_SILENT = _for_those(attendance.c.reply == Reply.ASKED.value)
_IS_DUE = reminders.c.state == "due"
_OF = reminders.c.activity == bindparam("which")
_MOVE = Statement(
    update(reminders)
    .where(_OF, reminders.c.stage == bindparam("of_stage"), _IS_DUE)
    .values(due_at=bindparam("at"))
)
_DROP = Statement(
    update(reminders)
    .where(_OF, _IS_DUE, ~among(reminders.c.stage, "but"))
    .values(state="dropped", ended_at=bindparam("now"))
)
_NUDGED = Statement(
    select(func.max(reminders.c.due_at)).where(
        _OF,
        func.substr(reminders.c.stage, 1, len(NUDGE)) == NUDGE,
        reminders.c.state != "dropped",
    )
)
_TOLD = Statement(
    select(func.max(reminders.c.ended_at)).where(
        _OF, among(reminders.c.stage, "stages"), reminders.c.state == "told"
    )
)
_NEXT = Statement(select(reminders.c.due_at).where(_IS_DUE).order_by(reminders.c.due_at).limit(1))
_DUE = Statement(
    select(reminders)
    .where(_IS_DUE, reminders.c.due_at <= bindparam("now"))
    .order_by(reminders.c.due_at, reminders.c.id)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True)
)
_DUE_OF = Statement(
    select(reminders)
    .where(_IS_DUE, reminders.c.due_at <= bindparam("now"), _OF)
    .order_by(reminders.c.due_at, reminders.c.id)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True)
)
_END = Statement(
    update(reminders)
    .where(among(reminders.c.id, "ids"), _IS_DUE)
    .values(state=bindparam("outcome"), ended_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Something one person is to be told of an activity."""

    id: int
    activity: int
    person: int
    stage: str
    due_at: datetime


class ReminderStore(Store):
    """Rows by activity, person and stage, which is unique: no process says a thing twice."""

    __slots__ = ()

    def plan(self, activity: int, people: Collection[int], steps: Steps) -> None:
        """These people are told these things then; what is planned or was told stays as it is."""
        self.db.many(
            _PLAN,
            [
                {"activity": activity, "person": person, "stage": stage, "due_at": stored(at)}
                for stage, at in steps
                for person in people
            ],
        )

    def plan_for_all(self, activity: int, steps: Steps) -> None:
        """The same for everybody who was asked."""
        for stage, at in steps:
            self.db.run(_PLAN_FOR_ALL, which=activity, of_stage=stage, at=stored(at))

    def nudge(self, activity: int, at: datetime) -> None:
        """Whoever has said nothing is asked once more then, unless they answer before."""
        stage = f"{NUDGE}{self.tx.now:%Y%m%d%H%M%S}"
        self.db.run(_PLAN_FOR_SILENT, which=activity, of_stage=stage, at=stored(at))

    def nudged_at(self, activity: int) -> datetime | None:
        """When somebody was last asked once more, or will be."""
        return _moment(self.db.value(_NUDGED, which=activity))

    def told_at(self, activity: int, stages: Collection[str]) -> datetime | None:
        """When somebody was last told one of these things."""
        return _moment(self.db.value(_TOLD, which=activity, stages=list(stages)))

    def move(self, activity: int, steps: Steps) -> None:
        """The activity begins at another time: what was not told yet is told by that."""
        steps = tuple(steps)
        self.drop(activity, but=[stage for stage, _ in steps])
        for stage, at in steps:
            self.db.run(_MOVE, which=activity, of_stage=stage, at=stored(at))
        self.plan_for_all(activity, steps)

    def drop(self, activity: int, *, but: Collection[str] = ()) -> None:
        """Nothing more is told of the activity, but for these stages."""
        self.db.run(_DROP, which=activity, but=list(but), now=stored(self.tx.now))

    def due(self, many: int, *, activity: int | None = None) -> tuple[Reminder, ...]:
        """The next that are due, of one activity or of all; nobody else gets these meanwhile."""
        now = stored(self.tx.now)
        rows = (
            self.db.all(_DUE, now=now, many=many)
            if activity is None
            else self.db.all(_DUE_OF, now=now, many=many, which=activity)
        )
        return tuple(
            Reminder(
                id=row.id,
                activity=row.activity,
                person=row.person,
                stage=row.stage,
                due_at=moment(row.due_at),
            )
            for row in rows
        )

    def next_due(self) -> datetime | None:
        """When somebody is to be told something next."""
        return _moment(self.db.value(_NEXT))

    def end(self, ids: Collection[int], outcome: str) -> None:
        """What became of them: "told", "dropped" or "unreached"."""
        if ids:
            self.db.run(_END, ids=list(ids), outcome=outcome, now=stored(self.tx.now))


def _moment(found: int | None) -> datetime | None:
    return None if found is None else moment(found)
