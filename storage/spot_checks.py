"""Samples of closed work orders, with the seed they were drawn by and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from domain.orders import Status
from domain.spot_checks import SpotCheck
from storage.schema import moment, orders, spot_checked, spot_checks, stored
from storage.statements import Statement, adding, among

if TYPE_CHECKING:
    from storage.transaction import Transaction

_ADD = Statement(
    adding(spot_checks, "unit", "since", "until", "seed", "drawn_from", "drawn_at")
    .on_conflict_do_nothing()
    .returning(spot_checks.c.id)
)
_ADD_ONE = Statement(adding(spot_checked, "spot_check", "order_id"))
_LATEST = Statement(
    select(spot_checks)
    .where(among(spot_checks.c.unit, "units"))
    .order_by(spot_checks.c.since.desc(), spot_checks.c.id)
    .limit(1)
)
_OF = Statement(
    select(spot_checked, orders.c.number)
    .select_from(spot_checked.join(orders, orders.c.id == spot_checked.c.order_id))
    .where(spot_checked.c.spot_check == bindparam("which"))
    .order_by(orders.c.number)
)
_CLOSED = Statement(
    select(orders.c.id, orders.c.number)
    .where(
        among(orders.c.community, "units"),
        orders.c.created_at < bindparam("until"),
        orders.c.created_at >= bindparam("since"),
        orders.c.status == Status.CLOSED.value,
        ~orders.c.restricted,
        ~orders.c.about_staff,
    )
    .order_by(orders.c.number)
)
_NOTE = Statement(
    update(spot_checked)
    .where(
        spot_checked.c.spot_check == bindparam("which"),
        spot_checked.c.order_id == bindparam("one"),
    )
    .values(good=bindparam("is_good"), person=bindparam("who"), at=bindparam("then"))
)


def closed(
    tx: Transaction, communities: Iterable[int], since: datetime, until: datetime
) -> dict[str, int]:
    """The work orders of that time that are closed, by number; nothing that must stay secret."""
    rows = tx.session.all(
        _CLOSED, units=list(communities), since=stored(since), until=stored(until)
    )
    return {row.number: row.id for row in rows}


def keep(
    tx: Transaction,
    unit: int,
    span: tuple[datetime, datetime],
    seed: str,
    *,
    drawn_from: int,
    drawn: Iterable[int],
) -> bool:
    """Whether this sample is kept now; False when that time was sampled already."""
    added = tx.session.value(
        _ADD,
        unit=unit,
        since=stored(span[0]),
        until=stored(span[1]),
        seed=seed,
        drawn_from=drawn_from,
        drawn_at=stored(tx.now),
    )
    if added is None:
        return False
    tx.session.many(_ADD_ONE, [{"spot_check": added, "order_id": order} for order in drawn])
    return True


def latest(tx: Transaction, units: Iterable[int]) -> SpotCheck | None:
    """The newest sample of one of these units."""
    row = tx.session.one(_LATEST, units=list(units))
    if row is None:
        return None
    return SpotCheck(
        id=row.id,
        unit=row.unit,
        since=moment(row.since),
        until=moment(row.until),
        seed=row.seed,
        drawn_from=row.drawn_from,
    )


def results(tx: Transaction, check: SpotCheck) -> dict[str, bool | None]:
    """What was found of each work order of the sample; None while nobody looked."""
    rows: list[Any] = tx.session.all(_OF, which=check.id)
    return {row.number: None if row.good is None else bool(row.good) for row in rows}


def note(tx: Transaction, check: SpotCheck, order: int, *, good: bool, person: int) -> None:
    """What somebody found; the last word stands."""
    tx.session.run(_NOTE, which=check.id, one=order, is_good=good, who=person, then=stored(tx.now))
