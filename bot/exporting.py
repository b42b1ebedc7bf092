"""Writes tables to CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from domain.orders import WorkOrder
from domain.rules import Budget, TimeUnit
from storage.database import Database
from storage.transaction import Transaction

CHUNK = 500
# A cell that begins so may be run as a formula by a spreadsheet (OWASP, CSV injection).
RISKY = ("=", "+", "-", "@", "\t", "\r", "\0", "＝", "＋", "－", "＠")

UNIT_WORDS: Mapping[TimeUnit, str] = {
    TimeUnit.MINUTES: "分钟",
    TimeUnit.HOURS: "小时",
    TimeUnit.DAYTIME_HOURS: "小时(08-22)",
    TimeUnit.WORKING_HOURS: "工作时",
    TimeUnit.WORKING_DAYS: "工作日",
    TimeUnit.CALENDAR_DAYS: "自然日",
}

Rows = Iterator[Mapping[str, Any]]


async def export(database: Database, kind: str, file: Path) -> int:
    """Writes every row of a kind and returns how many; the tables come out as they are imported."""
    rows = await database.read(lambda tx: list(KINDS[kind](tx)))
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        if rows:
            writer = csv.DictWriter(out, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows({name: safe(value) for name, value in row.items()} for row in rows)
    return len(rows)


def safe(value: object) -> str:
    """The value as a cell; what could be a formula gets an apostrophe before it."""
    text = _plain(value)
    telephone = text.startswith("+") and text[1:].replace(" ", "").replace("-", "").isdecimal()
    number = text.startswith("-") and text[1:].replace(".", "", 1).isdecimal()
    if text.startswith(RISKY) and not telephone and not number:
        return f"'{text}"
    return text


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(timespec="seconds")
        case Budget():
            return f"{value.amount} {UNIT_WORDS[value.unit]}"
        case timedelta():
            return f"{int(value.total_seconds()) // 60} 分钟"
        case str():
            return value
        case Sequence():
            return ";".join(_plain(part) for part in value)
        case _:
            return str(value)


def _units(tx: Transaction) -> Rows:
    for unit in tx.org:
        parent = tx.org.unit(unit.parent).code if unit.parent else ""
        yield {"code": unit.code, "kind": unit.kind.value, "name": unit.name, "parent": parent}


def _places(tx: Transaction) -> Rows:
    codes = {place.id: place.code for place in tx.catalogue.places}
    for place in tx.catalogue.places:
        yield {
            "code": place.code,
            "kind": place.kind.value,
            "name": place.name,
            "aliases": place.aliases,
            "parent": codes[place.parent] if place.parent else "",
            "unit": tx.org.unit(place.unit).code,
            "entrances": place.entrances,
            "latitude": place.latitude,
            "longitude": place.longitude,
        }


def _categories(tx: Transaction) -> Rows:
    for category in tx.rules.categories.values():
        yield {
            "code": category.code,
            "name_zh": category.name,
            "name_en": category.english,
            "class": category.order_class.value if category.order_class else "",
            "typical_words": category.words,
            "owner": category.owner.value,
            "done_when": category.done_when,
            "path": category.path,
        }


def _deadlines(tx: Transaction) -> Rows:
    for policy in tx.rules.deadlines.values():
        yield {
            "class": policy.order_class.value,
            "accept": policy.accept,
            "claim": policy.claim,
            "answer": policy.answer,
            "resolve": policy.resolve,
            "warn_at": tuple(f"{round(share * 100)}%" for share in policy.warn_at),
            "escalate_every": policy.escalate_every,
        }


def _phones(tx: Transaction) -> Rows:
    for phone in tx.rules.phones:
        unit = tx.org.unit(phone.unit).code if phone.unit else ""
        yield {"key": phone.key, "name": phone.name, "number": phone.number, "unit": unit}


def _orders(tx: Transaction) -> Rows:
    """Work orders without anybody's name, room or words: countable, not personal."""
    after = 0
    while found := tx.orders.after(after, limit=CHUNK):
        for order in found:
            yield _order(tx, order)
            after = order.id or after


def _order(tx: Transaction, order: WorkOrder) -> Mapping[str, Any]:
    last = order.history[-1] if order.history else None
    return {
        "number": order.number,
        "status": order.status.value,
        "category": order.category,
        "class": order.order_class.value,
        "community": tx.org.unit(order.community).code,
        "grid": tx.org.unit(order.grid).code if order.grid else "",
        "owner": f"{tx.org.unit(order.owner.unit).code}:{order.owner.role}" if order.owner else "",
        "building": order.place.building,
        "created_at": order.created_at,
        "promised_at": order.promised_at,
        "cycle": order.cycle,
        "last_event": last.kind.value if last else "",
        "last_event_at": last.at if last else None,
    }


KINDS: Mapping[str, Callable[[Transaction], Rows]] = {
    "units": _units,
    "places": _places,
    "categories": _categories,
    "deadlines": _deadlines,
    "phones": _phones,
    "orders": _orders,
}
