"""A work order as rows: what is plain, what is sealed, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.learning import held_back
from domain.messages import Address
from domain.orders import (
    EventKind,
    OrderClass,
    OrderEvent,
    Privacy,
    Source,
    Status,
    WorkOrder,
)
from domain.people import Post, Role
from domain.places import OrderPlace
from domain.supervision import supervision
from storage.schema import moment, stored

if TYPE_CHECKING:
    from storage.transaction import Transaction

PRIVATE = b"orders.private"
EVENT = b"order_events.private"

SAVED = (
    "status",
    "category",
    "order_class",
    "community",
    "grid",
    "owner_unit",
    "owner_role",
    "estate",
    "building",
    "entrance",
    "private",
    "reporter",
    "key",
    "privacy",
    "about_staff",
    "restricted",
    "promised_at",
    "resolved_at",
    "extension_asked",
    "reported_in_digest",
    "parent",
    "more",
    "event_count",
    "held_back",
    "supervised",
)
_ASKED_OR_ANSWERED = (
    EventKind.EXTENSION_ASKED,
    EventKind.EXTENDED,
    EventKind.EXTENSION_REFUSED,
)


def columns(tx: Transaction, order: WorkOrder) -> dict[str, Any]:
    """What is written of an order, by the names of SAVED; its words under the reporter's key."""
    key = tx.vault.service_key() if order.reporter is None else tx.people.key_of(order.reporter)
    asked = order.last(*_ASKED_OR_ANSWERED)
    resolved = order.last(EventKind.RESOLVED)
    waits = order.status is Status.RESOLVED and resolved is not None
    chat = order.reported_in
    return {
        "status": order.status.value,
        "category": order.category,
        "order_class": order.order_class.value,
        "community": order.community,
        "grid": order.grid,
        "owner_unit": None if order.owner is None else order.owner.unit,
        "owner_role": None if order.owner is None else order.owner.role.value,
        "estate": order.place.estate,
        "building": order.place.building,
        "entrance": order.place.entrance,
        "reporter": order.reporter,
        "key": key,
        "private": tx.vault.seal(key, PRIVATE, _private(order)),
        "privacy": order.privacy.value,
        "about_staff": order.about_staff,
        "restricted": order.restricted,
        "promised_at": None if order.promised_at is None else stored(order.promised_at),
        "resolved_at": stored(resolved.at) if waits and resolved else None,
        "extension_asked": asked is not None and asked.kind is EventKind.EXTENSION_ASKED,
        "reported_in_digest": None if chat is None else tx.address_digest(chat),
        "parent": order.parent,
        "more": _more(order),
        "event_count": len(order.history),
        "held_back": held_back(order),
        "supervised": supervision(order) is not None,
    }


def event_columns(
    tx: Transaction, order: WorkOrder, event: OrderEvent, key: int
) -> dict[str, Any]:
    """What is written of one of its events; what was said sealed under the order's key."""
    said = [event.reason, event.text] if event.reason or event.text else None
    return {
        "order_id": order.id,
        "seq": event.seq,
        "kind": event.kind.value,
        "at": stored(event.at),
        "person": event.person,
        "values": _json(event.values) if event.values else None,
        "key": None if said is None else key,
        "private": None if said is None else tx.vault.seal(key, EVENT, said),
    }


def order_from(
    tx: Transaction, row: Any, events: Sequence[Any], following: Sequence[Any]
) -> WorkOrder:
    """The order that these rows are."""
    plain = tx.vault.open(row.key, PRIVATE, row.private) or {}
    more = json.loads(row.more)
    return WorkOrder(
        id=row.id,
        number=row.number,
        version=row.version,
        status=Status(row.status),
        category=row.category,
        order_class=OrderClass(row.order_class),
        community=row.community,
        grid=row.grid,
        owner=_post(row.owner_unit, row.owner_role),
        place=OrderPlace(
            estate=row.estate,
            building=row.building,
            entrance=row.entrance,
            room=plain.get("room", ""),
            spot=plain.get("spot", ""),
            latitude=plain.get("latitude"),
            longitude=plain.get("longitude"),
        ),
        text=plain.get("text", ""),
        reporter=row.reporter,
        privacy=Privacy(row.privacy),
        source=Source(row.source),
        accused=frozenset(more.get("accused", ())),
        about_staff=bool(row.about_staff),
        restricted=bool(row.restricted),
        reported_in=_address(plain),
        created_at=moment(row.created_at),
        promised_at=None if row.promised_at is None else moment(row.promised_at),
        parent=row.parent,
        responders=tuple(
            Post(unit=unit, role=Role(role)) for unit, role in more.get("responders", ())
        ),
        followers=tuple(one.person for one in following),
        photos=tuple(more.get("photos", ())),
        history=tuple(_event(tx, event) for event in events),
    )


def _event(tx: Transaction, row: Any) -> OrderEvent:
    words = None if row.private is None else tx.vault.open(row.key, EVENT, row.private)
    reason, text = words or ("", "")
    return OrderEvent(
        seq=row.seq,
        kind=EventKind(row.kind),
        at=moment(row.at),
        person=row.person,
        reason=reason,
        text=text,
        values={} if row.values is None else json.loads(row.values),
    )


def _private(order: WorkOrder) -> dict[str, Any]:
    plain = {
        "text": order.text,
        "room": order.place.room,
        "spot": order.place.spot,
        "latitude": order.place.latitude,
        "longitude": order.place.longitude,
        "channel": order.reported_in.channel if order.reported_in else "",
        "chat": order.reported_in.chat if order.reported_in else "",
    }
    return {name: value for name, value in plain.items() if value not in ("", None)}


def _more(order: WorkOrder) -> str:
    more = {
        "accused": sorted(order.accused),
        "responders": [[post.unit, post.role.value] for post in order.responders],
        "photos": list(order.photos),
    }
    return _json({name: value for name, value in more.items() if value})


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


_json = json.JSONEncoder(separators=(",", ":"), default=_as_text).encode


def _address(plain: Mapping[str, Any]) -> Address | None:
    if "chat" not in plain:
        return None
    return Address(channel=plain["channel"], chat=plain["chat"])


def _post(unit: int | None, role: str | None) -> Post | None:
    return None if unit is None or role is None else Post(unit=unit, role=Role(role))
