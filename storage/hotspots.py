"""What was reported where, household by household, for the table of hot spots."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select

from domain.hotspots import Told
from domain.orders import EventKind, Privacy, Status
from storage.schema import followers, moment, order_events, orders, stored
from storage.statements import Statement, among

if TYPE_CHECKING:
    from storage.transaction import Transaction

# A merged one counts by whoever follows the other one because of it.
_NOBODYS = [Status.DRAFT.value, Status.WITHDRAWN.value, Status.MERGED.value]
_COUNTED = and_(
    among(orders.c.community, "units"),
    orders.c.created_at >= bindparam("since"),
    orders.c.status.not_in(_NOBODYS),
    orders.c.privacy == Privacy.OPEN.value,
    ~orders.c.restricted,
    ~orders.c.about_staff,
    orders.c.category != "",
)
_REPORTED = Statement(
    select(
        orders.c.id,
        orders.c.community,
        orders.c.estate,
        orders.c.category,
        orders.c.building,
        orders.c.created_at,
    )
    .where(_COUNTED)
    .order_by(orders.c.id)
)
_FOLLOWED = Statement(
    select(order_events.c.order_id, order_events.c["at"], order_events.c["values"])
    .select_from(orders.join(order_events, order_events.c.order_id == orders.c.id))
    .where(
        _COUNTED,
        order_events.c.kind.in_([EventKind.FOLLOWED.value, EventKind.ABSORBED.value]),
    )
    .order_by(order_events.c.order_id, order_events.c.seq)
)
_FOLLOWING = Statement(
    select(followers.c.order_id, followers.c.person)
    .select_from(orders.join(followers, followers.c.order_id == orders.c.id))
    .where(_COUNTED)
)


def told_since(tx: Transaction, units: Iterable[int], since: datetime) -> Iterator[Told]:
    """Every household that reported or follows what was opened in these communities since then.

    Nothing confidential, restricted or about staff is among it.
    """
    asked = {"units": list(units), "since": stored(since)}
    rows = {row.id: row for row in tx.session.all(_REPORTED, **asked)}
    for row in rows.values():
        yield _told(row, row.building, row.created_at)
    following = {(row.order_id, row.person) for row in tx.session.all(_FOLLOWING, **asked)}
    for event in tx.session.all(_FOLLOWED, **asked):
        for person, building in _homes(json.loads(event.values or "{}")):
            if (event.order_id, person) in following:
                following.discard((event.order_id, person))
                yield _told(rows[event.order_id], building, event.at)


def _homes(values: dict[str, Any]) -> Iterable[tuple[int, str]]:
    if "person" in values:
        return [(values["person"], values.get("building", ""))]
    people = values.get("followers", [])
    return zip(people, [*values.get("buildings", []), *[""] * len(people)], strict=False)


def _told(row: Any, building: str, at: int) -> Told:
    return Told(
        community=row.community,
        estate=row.estate,
        category=row.category,
        building=building,
        at=moment(at),
        order=row.id,
    )
