"""Activities that come again and again, by a rule of iCalendar in the wall time of the place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from domain.activities import ActivityKind
from domain.messages import Address
from storage.schema import activity_series, stored
from storage.statements import Statement, Store, adding

COLUMN = b"activity_series.private"

_ADD = Statement(
    adding(
        activity_series,
        "unit",
        "organiser",
        "rule",
        "starts",
        "minutes",
        "holidays",
        "key",
        "private",
    ).returning(activity_series.c.id)
)
_RUNNING = Statement(
    select(activity_series)
    .where(activity_series.c.ended_at.is_(None), activity_series.c.id > bindparam("after"))
    .order_by(activity_series.c.id)
    .limit(bindparam("many"))
)
_END = Statement(
    update(activity_series)
    .where(activity_series.c.id == bindparam("which"), activity_series.c.ended_at.is_(None))
    .values(ended_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What every activity of it is like; `starts` is the wall time of the first."""

    id: int = 0
    unit: int
    organiser: int | None
    rule: str
    starts: datetime
    minutes: int
    holidays: str  # "move", "skip" or "keep"
    kind: ActivityKind
    title: str
    place: str
    capacity: int | None = None
    group: int | None = None  # the 党小组 it is of
    members: bool = False  # for members although its kind is not
    chats: tuple[Address, ...] = ()


class SeriesStore(Store):
    """Rows that the clock makes activities of, weeks ahead."""

    __slots__ = ()

    def add(self, series: Series) -> int:
        """Its id."""
        key = self.tx.vault.service_key()
        plain = {
            "kind": series.kind.value,
            "title": series.title,
            "place": series.place,
            "capacity": series.capacity,
            "group": series.group,
            "members": series.members,
            "chats": [[chat.channel, chat.chat] for chat in series.chats],
        }
        added: int = self.db.value(
            _ADD,
            unit=series.unit,
            organiser=series.organiser,
            rule=series.rule,
            starts=series.starts.replace(tzinfo=None).isoformat(),
            minutes=series.minutes,
            holidays=series.holidays,
            key=key,
            private=self.tx.vault.seal(key, COLUMN, plain),
        )
        return added

    def running(self, after: int, many: int) -> tuple[Series, ...]:
        """Those that go on, the next ones after an id."""
        return tuple(self._series(row) for row in self.db.all(_RUNNING, after=after, many=many))

    def end(self, series: int) -> bool:
        """No more of them; whether it was still going on."""
        return self.db.run(_END, which=series, now=stored(self.tx.now)) == 1

    def _series(self, row: Any) -> Series:
        plain = self.tx.vault.open(row.key, COLUMN, row.private)
        return Series(
            id=row.id,
            unit=row.unit,
            organiser=row.organiser,
            rule=row.rule,
            starts=datetime.fromisoformat(row.starts),
            minutes=row.minutes,
            holidays=row.holidays,
            kind=ActivityKind(plain["kind"]),
            title=plain["title"],
            place=plain["place"],
            capacity=plain["capacity"],
            group=plain["group"],
            members=plain["members"],
            chats=tuple(Address(channel=channel, chat=chat) for channel, chat in plain["chats"]),
        )
