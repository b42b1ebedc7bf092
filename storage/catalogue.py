"""What every transaction may know without asking: org tree, places and rules, read once per
version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from domain.orders import OrderClass
from domain.people import Role
from domain.places import Place, PlaceKind
from domain.rules import Budget, Category, DeadlinePolicy, Limits, Phone, Rules, TimeUnit
from domain.units import Org, Unit, UnitKind
from domain.workdays import Holiday, WorkCalendar
from storage.models import Model, read_used
from storage.schema import (
    categories,
    clock,
    deadlines,
    holidays,
    phones,
    place_aliases,
    places,
    units,
    versions,
)
from storage.statements import Session, Statement

_VERSIONS = Statement(select(versions))
_UNITS = Statement(select(units).order_by(units.c.id))
_PLACES = Statement(select(places).order_by(places.c.id))
_ALIASES = Statement(select(place_aliases).order_by(place_aliases.c.place, place_aliases.c.alias))
_CATEGORIES = Statement(select(categories).order_by(categories.c.code))
_DEADLINES = Statement(select(deadlines))
_PHONES = Statement(select(phones).order_by(phones.c.id))
_HOLIDAYS = Statement(select(holidays).order_by(holidays.c.day))
_AHEAD = Statement(select(clock.c.ahead))
_STEPS = ("accept", "claim", "answer", "resolve")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The imported tables at one moment; a newer one replaces it as a whole."""

    versions: Mapping[str, int] = field(default_factory=dict)
    org: Org = field(default_factory=lambda: Org(()))
    places: tuple[Place, ...] = ()
    rules: Rules
    ahead: timedelta = timedelta()  # how far the sample's clock is moved on
    model: Model | None = None  # what was learnt of categories

    @property
    def phones(self) -> tuple[Phone, ...]:
        """The local phone table."""
        return self.rules.phones


def empty_catalogue(*, zone: ZoneInfo, limits: Limits) -> Catalogue:
    """What is known before anything was read."""
    calendar = WorkCalendar((), zone)
    rules = Rules(categories={}, deadlines={}, calendar=calendar, zone=zone, limits=limits)
    return Catalogue(org=Org(()), places=(), rules=rules, versions={})


def read_versions(db: Session) -> dict[str, int]:
    """The version of every kind that was ever imported."""
    return {row.kind: row.version for row in db.all(_VERSIONS)}


def read_catalogue(db: Session, *, zone: ZoneInfo, limits: Limits) -> Catalogue:
    """Everything, from the tables."""
    rules = Rules(
        categories={row.code: _category(row) for row in db.all(_CATEGORIES)},
        deadlines={OrderClass(row.order_class): _deadline(row) for row in db.all(_DEADLINES)},
        calendar=WorkCalendar([_holiday(row) for row in db.all(_HOLIDAYS)], zone),
        phones=tuple(
            Phone(key=row.key, name=row.name, number=row.number, unit=row.unit)
            for row in db.all(_PHONES)
        ),
        limits=limits,
        zone=zone,
    )
    return Catalogue(
        versions=read_versions(db),
        org=Org([_unit(row) for row in db.all(_UNITS)]),
        places=_places(db),
        rules=rules,
        ahead=timedelta(microseconds=db.value(_AHEAD) or 0),
        model=read_used(db),
    )


def _unit(row: Any) -> Unit:
    return Unit(
        id=row.id, code=row.code, kind=UnitKind(row.kind), name=row.name, parent=row.parent
    )


def _places(db: Session) -> tuple[Place, ...]:
    aliases: dict[int, list[str]] = {}
    for row in db.all(_ALIASES):
        aliases.setdefault(row.place, []).append(row.alias)
    return tuple(
        Place(
            id=row.id,
            code=row.code,
            kind=PlaceKind(row.kind),
            name=row.name,
            aliases=tuple(aliases.get(row.id, ())),
            parent=row.parent,
            unit=row.unit,
            entrances=row.entrances,
            latitude=row.latitude,
            longitude=row.longitude,
        )
        for row in db.all(_PLACES)
    )


def _category(row: Any) -> Category:
    return Category(
        code=row.code,
        name=row.name,
        english=row.english,
        order_class=None if row.order_class is None else OrderClass(row.order_class),
        words=tuple(json.loads(row.words)),
        owner=Role(row.owner),
        done_when=row.done_when,
        path=row.path,
    )


def policy_as_json(row: Mapping[str, Any]) -> str:
    """A checked row of the deadline table, as `deadlines.policy` holds it."""
    every: timedelta | None = row["escalate_every"]
    budgets: dict[str, Budget | None] = {step: row[step] for step in _STEPS}
    return json.dumps(
        {
            **{
                step: None if budget is None else [budget.amount, budget.unit]
                for step, budget in budgets.items()
            },
            "warn_at": list(row["warn_at"]),
            "escalate_every": None if every is None else every.total_seconds(),
        }
    )


def _deadline(row: Any) -> DeadlinePolicy:
    policy = json.loads(row.policy)
    every = policy["escalate_every"]
    return DeadlinePolicy(
        order_class=OrderClass(row.order_class),
        **{step: _budget(policy[step]) for step in _STEPS},
        warn_at=tuple(policy["warn_at"]),
        escalate_every=None if every is None else timedelta(seconds=every),
    )


def _budget(value: Any) -> Budget | None:
    return None if value is None else Budget(amount=value[0], unit=TimeUnit(value[1]))


def _holiday(row: Any) -> Holiday:
    return Holiday(day=date.fromisoformat(row.day), name=row.name, working=bool(row.working))
