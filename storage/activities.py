"""Activities, and everybody who was asked to them: what they said, and whether they came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select, update

from domain.activities import Activity, ActivityKind, ActivityState, Counts, Reply, SignUp
from domain.audiences import as_plain, from_plain
from domain.messages import Address
from storage.errors import Conflict
from storage.schema import activities, attendance, moment, stored
from storage.statements import Statement, Store, adding, among

COLUMN = b"activities.private"
REASON = b"attendance.private"

_CHANGING = ("state", "starts_at", "ends_at", "capacity", "private", "expected", "present")
_ADD = Statement(
    adding(
        activities,
        "unit",
        "kind",
        "organiser",
        "series",
        "occurrence",
        "inviting",
        "key",
        "created_at",
        *_CHANGING,
    )
    .on_conflict_do_nothing(
        index_elements=["series", "occurrence"], index_where=activities.c.series.is_not(None)
    )
    .returning(activities.c.id)
)
_SAVE = Statement(
    update(activities)
    .where(activities.c.id == bindparam("which"), activities.c.version == bindparam("known"))
    .values(version=activities.c.version + 1, **{name: bindparam(name) for name in _CHANGING})
)
_GET = Statement(select(activities).where(activities.c.id == bindparam("which")))
_IS_COMING = activities.c.state.in_(["planned", "changed"])
_COMING_OF_UNITS = Statement(
    select(activities)
    .where(
        _IS_COMING, activities.c.ends_at > bindparam("now"), among(activities.c.unit, "of_units")
    )
    .order_by(activities.c.starts_at, activities.c.id)
    .limit(bindparam("many"))
)
_COMING_OF_PERSON = Statement(
    select(activities)
    .join(attendance, attendance.c.activity == activities.c.id)
    .where(
        attendance.c.person == bindparam("whose"),
        _IS_COMING,
        activities.c.ends_at > bindparam("now"),
    )
    .order_by(activities.c.starts_at, activities.c.id)
    .limit(bindparam("many"))
)
_OF_PERSON = Statement(
    select(activities)
    .join(attendance, attendance.c.activity == activities.c.id)
    .where(
        attendance.c.person == bindparam("whose"),
        activities.c.starts_at >= bindparam("first"),
        activities.c.starts_at < bindparam("last"),
    )
    .order_by(activities.c.starts_at, activities.c.id)
)
_NEWEST_OF = Statement(
    select(activities)
    .join(attendance, attendance.c.activity == activities.c.id)
    .where(attendance.c.person == bindparam("whose"))
    .order_by(activities.c.starts_at.desc(), activities.c.id.desc())
    .limit(bindparam("many"))
)
_OF_UNITS = Statement(
    select(activities)
    .where(
        among(activities.c.unit, "of_units"),
        activities.c.starts_at >= bindparam("first"),
        activities.c.starts_at < bindparam("last"),
    )
    .order_by(activities.c.starts_at, activities.c.id)
)
_OVER = Statement(
    select(activities)
    .where(_IS_COMING, activities.c.ends_at <= bindparam("now"))
    .order_by(activities.c.ends_at, activities.c.id)
    .limit(bindparam("many"))
)
_OCCURRENCE = Statement(
    select(activities.c.id).where(
        activities.c.series.is_not(None),
        activities.c.series == bindparam("of_series"),
        activities.c.occurrence == bindparam("day"),
    )
)
_INVITING = Statement(
    select(activities).where(activities.c.inviting.is_not(None)).order_by(activities.c.id).limit(1)
)
_INVITED = Statement(
    update(activities)
    .where(activities.c.id == bindparam("which"))
    .values(inviting=bindparam("cursor"))
)
_ASK = Statement(
    adding(attendance, "activity", "person", "reply")
    .on_conflict_do_nothing(index_elements=["activity", "person"])
    .returning(attendance.c.person)
)
_THIS = and_(
    attendance.c.activity == bindparam("which"), attendance.c.person == bindparam("whose")
)
_REPLY = Statement(
    update(attendance)
    .where(_THIS)
    .values(
        reply=bindparam("said"),
        replied_at=bindparam("now"),
        key=bindparam("sealed_with"),
        private=bindparam("sealed"),
    )
)
_CAME = Statement(update(attendance).where(_THIS).values(came_at=bindparam("now")))
_SIGN_UP = Statement(select(attendance).where(_THIS))
_SIGN_UPS = Statement(
    select(attendance).where(
        attendance.c.activity == bindparam("which"), among(attendance.c.person, "ids")
    )
)
_ROLL = Statement(
    select(attendance)
    .where(attendance.c.activity == bindparam("which"))
    .order_by(attendance.c.replied_at, attendance.c.person)
)
_WAITING = Statement(
    select(attendance)
    .where(attendance.c.activity == bindparam("which"), attendance.c.reply == "waiting")
    .order_by(attendance.c.replied_at, attendance.c.person)
    .limit(bindparam("many"))
)


def _times(value: str) -> Any:
    return func.count(case((attendance.c.reply == value, 1)))


_COUNTS = Statement(
    select(
        func.count().label("asked"),
        _times("going").label("going"),
        _times("waiting").label("waiting"),
        _times("leave").label("leave"),
        func.count(attendance.c.came_at).label("came"),
    ).where(attendance.c.activity == bindparam("which"))
)
# Locked before places are given: two people may want the last one.
_LOCK = Statement(
    select(activities.c.id).where(activities.c.id == bindparam("which")).with_for_update()
)


class ActivityStore(Store):
    """One row an activity, one row for everybody asked to it."""

    __slots__ = ()

    def add(self, activity: Activity, *, inviting: str | None = "") -> Activity | None:
        """The activity with its id; None when its series has one on this day already."""
        key = self.tx.vault.service_key()
        added = self.db.value(
            _ADD,
            unit=activity.unit,
            kind=activity.kind.value,
            organiser=activity.organiser,
            series=activity.series,
            occurrence=activity.occurrence.isoformat() if activity.occurrence else None,
            inviting=inviting,
            key=key,
            created_at=stored(self.tx.now),
            **self._changing(activity, key),
        )
        return None if added is None else replace(activity, id=added)

    def save(self, activity: Activity) -> Activity:
        """The activity as it is now; raises Conflict when somebody else changed it meanwhile."""
        key = self.tx.vault.service_key()
        changing = self._changing(activity, key)
        if self.db.run(_SAVE, which=activity.id, known=activity.version, **changing) != 1:
            raise Conflict(f"activity:{activity.id}", activity.version)
        return replace(activity, version=activity.version + 1)

    def get(self, activity: int) -> Activity | None:
        """One activity."""
        row = self.db.one(_GET, which=activity)
        return None if row is None else self._activity(row)

    def lock(self, activity: int) -> Activity | None:
        """The same, and nobody else gives away its places until we are done."""
        if self.db.dialect != "sqlite":  # SQLite has one writer anyway
            self.db.run(_LOCK, which=activity)
        return self.get(activity)

    def coming_in(self, units: Iterable[int], many: int) -> tuple[Activity, ...]:
        """What is to come in these units, the soonest first."""
        rows = self.db.all(
            _COMING_OF_UNITS, of_units=sorted(units), now=stored(self.tx.now), many=many
        )
        return tuple(map(self._activity, rows))

    def coming_for(self, person: int, many: int) -> tuple[Activity, ...]:
        """What the person was asked to and is to come, the soonest first."""
        now = stored(self.tx.now)
        rows = self.db.all(_COMING_OF_PERSON, whose=person, now=now, many=many)
        return tuple(map(self._activity, rows))

    def of_person(self, person: int, first: datetime, last: datetime) -> tuple[Activity, ...]:
        """What the person was asked to that began from `first` until before `last`."""
        rows = self.db.all(_OF_PERSON, whose=person, first=stored(first), last=stored(last))
        return tuple(map(self._activity, rows))

    def newest_of(self, person: int, many: int) -> tuple[Activity, ...]:
        """What the person was last asked to."""
        rows = self.db.all(_NEWEST_OF, whose=person, many=many)
        return tuple(map(self._activity, rows))

    def of_units(
        self, units: Iterable[int], first: datetime, last: datetime
    ) -> tuple[Activity, ...]:
        """The same for units."""
        rows = self.db.all(
            _OF_UNITS, of_units=sorted(units), first=stored(first), last=stored(last)
        )
        return tuple(map(self._activity, rows))

    def over(self, many: int) -> tuple[Activity, ...]:
        """What has ended and was not closed yet."""
        return tuple(
            self._activity(row) for row in self.db.all(_OVER, now=stored(self.tx.now), many=many)
        )

    def has_occurrence(self, series: int, day: date) -> bool:
        """Whether the series has its activity for this day."""
        return self.db.value(_OCCURRENCE, of_series=series, day=day.isoformat()) is not None

    def inviting(self) -> tuple[Activity, str] | None:
        """An activity to which not everybody was asked yet, and how far that has come."""
        row = self.db.one(_INVITING)
        return None if row is None else (self._activity(row), row.inviting)

    def invited(self, activity: int, cursor: str | None) -> None:
        """People were asked up to there; None: all of them."""
        self.db.run(_INVITED, which=activity, cursor=cursor)

    def ask(self, activity: int, people: Iterable[int]) -> tuple[int, ...]:
        """Those of the people who were not asked before, and are now."""
        asked = (
            self.db.value(_ASK, activity=activity, person=one, reply=Reply.ASKED.value)
            for one in people
        )
        return tuple(one for one in asked if one is not None)

    def sign_up(self, activity: int, person: int) -> SignUp | None:
        """What the person said; None when they were not asked."""
        row = self.db.one(_SIGN_UP, which=activity, whose=person)
        return None if row is None else self._sign_up(row)

    def sign_ups(self, activity: int, people: Iterable[int]) -> tuple[SignUp, ...]:
        """What these people said, of those who were asked."""
        rows = self.db.all(_SIGN_UPS, which=activity, ids=list(people))
        return tuple(map(self._sign_up, rows))

    def reply(self, activity: int, sign_up: SignUp) -> None:
        """The person says so; the reason is sealed with their key."""
        key = self.tx.people.key_of(sign_up.person) if sign_up.reason else None
        sealed = None if key is None else self.tx.vault.seal(key, REASON, sign_up.reason)
        self.db.run(
            _REPLY,
            which=activity,
            whose=sign_up.person,
            said=sign_up.reply.value,
            now=stored(self.tx.now),
            sealed_with=key,
            sealed=sealed,
        )

    def came(self, activity: int, person: int, at: datetime | None) -> None:
        """The person is there, since then; None takes it back."""
        self.db.run(_CAME, which=activity, whose=person, now=None if at is None else stored(at))

    def roll(self, activity: int) -> tuple[SignUp, ...]:
        """Everybody who was asked or came, in the order they answered."""
        return tuple(self._sign_up(row) for row in self.db.all(_ROLL, which=activity))

    def waiting(self, activity: int, many: int) -> tuple[SignUp, ...]:
        """Who waits for a place, the longest waiting first."""
        rows = self.db.all(_WAITING, which=activity, many=many)
        return tuple(map(self._sign_up, rows))

    def counts(self, activity: int) -> Counts:
        """How many were asked, and what they said."""
        row = self.db.one(_COUNTS, which=activity)
        assert row is not None
        return Counts(
            asked=row.asked, going=row.going, waiting=row.waiting, leave=row.leave, came=row.came
        )

    def _changing(self, activity: Activity, key: int) -> dict[str, Any]:
        plain = {
            "title": activity.title,
            "place": activity.place,
            "audience": as_plain(activity.audience),
            "chats": [[chat.channel, chat.chat] for chat in activity.chats],
            "was_at": activity.was_at,
            "was_in": activity.was_in,
            "reason": activity.reason,
            "minutes": activity.minutes,
        }
        return {
            "state": activity.state.value,
            "starts_at": stored(activity.starts_at),
            "ends_at": stored(activity.ends_at),
            "capacity": activity.capacity,
            "private": self.tx.vault.seal(key, COLUMN, plain),
            "expected": activity.expected,
            "present": activity.present,
        }

    def _activity(self, row: Any) -> Activity:
        plain = self.tx.vault.open(row.key, COLUMN, row.private)
        return Activity(
            id=row.id,
            unit=row.unit,
            kind=ActivityKind(row.kind),
            title=plain["title"],
            place=plain["place"],
            starts_at=moment(row.starts_at),
            ends_at=moment(row.ends_at),
            audience=from_plain(plain["audience"]),
            organiser=row.organiser,
            capacity=row.capacity,
            state=ActivityState(row.state),
            version=row.version,
            series=row.series,
            occurrence=date.fromisoformat(row.occurrence) if row.occurrence else None,
            chats=_chats(plain["chats"]),
            was_at=datetime.fromisoformat(plain["was_at"]) if plain["was_at"] else None,
            was_in=plain["was_in"],
            reason=plain["reason"],
            minutes=plain["minutes"],
            expected=row.expected,
            present=row.present,
        )

    def _sign_up(self, row: Any) -> SignUp:
        reason = self.tx.vault.open(row.key, REASON, row.private) if row.key else ""
        return SignUp(
            person=row.person,
            reply=Reply(row.reply),
            replied_at=None if row.replied_at is None else moment(row.replied_at),
            reason=reason or "",
            came_at=None if row.came_at is None else moment(row.came_at),
        )


def _chats(plain: Sequence[Sequence[str]]) -> tuple[Address, ...]:
    return tuple(Address(channel=channel, chat=chat) for channel, chat in plain)
