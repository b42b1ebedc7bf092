"""Writes tables to CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from bot.import_kinds import KINDS as IMPORTED
from bot.progress import Step
from domain import hotspots, households
from domain.budgets import written
from domain.changes import AuditEntry
from domain.orders import WorkOrder
from domain.policies import PolicyState
from domain.rules import Budget, TimeUnit
from domain.supervision import has_evidence, is_overdue, supervision
from domain.units import UnitKind
from knowledge.private_data import masked
from storage import operating
from storage.database import Database
from storage.hotspots import told_since
from storage.transaction import Transaction

CHUNK = 500
SHEET = ".xlsx"
# A cell that begins so may be run as a formula by a spreadsheet (OWASP, CSV injection).
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
QUOTE = "'"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is written of a kind: its columns, and its rows one after the other."""

    columns: tuple[str, ...]
    rows: Callable[[Transaction], Iterator[Row]]


async def export(database: Database, kind: str, file: Path, step: Step) -> int:
    """Writes every row of a kind as of one moment and returns how many.

    The operator's tables come out as they are imported. The file appears when it is complete.
    """
    part = file.with_name(f"{file.name}.part")
    taken = AuditEntry(action="table.exported", subject=f"table:{kind}")
    await database.run(lambda tx: tx.audit.add(taken))
    try:
        count = await database.read(lambda tx: _write(tx, KINDS[kind], part, step))
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


def _write(tx: Transaction, table: Table, file: Path, step: Step) -> int:
    if file.name.endswith(f"{SHEET}.part"):
        return _write_sheet(tx, table, file, step)
    count = 0
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(table.columns)
        for count, row in enumerate(table.rows(tx), start=1):
            writer.writerow([safe(row[column]) for column in table.columns])
            step(count)
    return count


def _write_sheet(tx: Transaction, table: Table, file: Path, step: Step) -> int:
    """The same as a workbook; its cells are texts, which no spreadsheet runs."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(table.columns)
    count = 0
    for count, row in enumerate(table.rows(tx), start=1):
        sheet.append([_cell(sheet, row[column]) for column in table.columns])
        step(count)
    book.save(file)
    return count


def _cell(sheet: Any, value: object) -> Any:
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", _plain(value)))
    cell.data_type = "s"
    return cell


def safe(value: object) -> str:
    """The value as a cell; a text that could be a formula gets an apostrophe before it."""
    text = _plain(value)
    is_risky = isinstance(value, str) and text.lstrip(QUOTE).startswith(RISKY)
    return f"{QUOTE}{text}" if is_risky else text


def unquoted(text: str) -> str:
    """The text of a cell that `safe` wrote."""
    is_quoted = text.startswith(QUOTE) and text.lstrip(QUOTE).startswith(RISKY)
    return text.removeprefix(QUOTE) if is_quoted else text


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(timespec="seconds")
        case Budget():
            return written(value)
        case timedelta():
            minutes = int(value.total_seconds()) // 60
            return written(Budget(amount=minutes, unit=TimeUnit.MINUTES))
        case str():
            return value
        case Sequence():
            return ";".join(_plain(part) for part in value)
        case _:
            return str(value)


def _units(tx: Transaction) -> Iterator[Row]:
    for unit in tx.org:
        parent = tx.org.unit(unit.parent).code if unit.parent else ""
        yield {"code": unit.code, "kind": unit.kind.value, "name": unit.name, "parent": parent}


def _places(tx: Transaction) -> Iterator[Row]:
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


def _categories(tx: Transaction) -> Iterator[Row]:
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


def _deadlines(tx: Transaction) -> Iterator[Row]:
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


def _phones(tx: Transaction) -> Iterator[Row]:
    for phone in tx.rules.phones:
        unit = tx.org.unit(phone.unit).code if phone.unit else ""
        yield {"key": phone.key, "name": phone.name, "number": phone.number, "unit": unit}


def _orders(tx: Transaction) -> Iterator[Row]:
    """Work orders without anybody's name, room or words: countable, not personal."""
    after = 0
    while found := tx.orders.after(after, limit=CHUNK):
        for order in found:
            yield _order(tx, order)
            after = order.id or after


def _order(tx: Transaction, order: WorkOrder) -> Row:
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


def _hotspots(tx: Transaction) -> Iterator[Row]:
    """The hot spots of the last 30 days, all communities, the most unusual first."""
    communities = [unit.id for unit in tx.org if unit.kind is UnitKind.COMMUNITY]
    told = told_since(tx, communities, tx.now - 2 * hotspots.WINDOW)
    for spot in hotspots.found(told, tx.now):
        category = tx.rules.categories.get(spot.category)
        yield {
            "community": tx.org.unit(spot.community).code,
            "estate": spot.estate,
            "category": spot.category,
            "name_zh": category.name if category else "",
            "orders": spot.orders,
            "households": spot.households,
            "before": spot.before,
            "growth": spot.growth,
            "heat": f"{spot.heat:.2f}",
            "buildings": households.in_words(spot.buildings),
        }


def _supervisions(tx: Transaction) -> Iterator[Row]:
    """督办台账: what is watched from above and not struck off; of people only who is named."""
    communities = [unit.id for unit in tx.org if unit.kind is UnitKind.COMMUNITY]
    for order in tx.orders.supervised_in(communities):
        watched = supervision(order)
        if watched is None:
            continue
        named = None if watched.named is None else tx.people.get(watched.named)
        yield {
            **_order(tx, order),
            "by": f"{tx.org.unit(watched.by.unit).code}:{watched.by.role}",
            "named": named.name if named else "",
            "since": watched.since,
            "until": watched.until,
            "evidence": watched.evidence.value,
            "has_evidence": has_evidence(order),
            "overdue": is_overdue(order, tx.now),
            "reason": masked(watched.reason),
        }


def _chats(tx: Transaction) -> Iterator[Row]:
    for unit in tx.org:
        for chat in tx.chats.bound_to(unit.id):
            if chat.unit == unit.id:
                yield {
                    "channel": chat.address.channel,
                    "chat": chat.address.chat,
                    "kind": chat.kind.value,
                    "title": chat.title,
                    "unit": unit.code,
                }


def _branches(tx: Transaction) -> Iterator[Row]:
    for branch in tx.branches.all():
        yield {
            "unit": tx.org.unit(branch.unit).code,
            "name": branch.name,
            "committee": branch.committee,
            "party_day": branch.party_day,
        }


def _policies(tx: Transaction) -> Iterator[Row]:
    for state in PolicyState:
        for policy in tx.policies.in_state(state):
            row = {name: getattr(policy, name) for name in IMPORTED["policies"].columns}
            unit = tx.org.unit(policy.unit).code if policy.unit is not None else ""
            situations = "|".join(f"{one.name}={one.answer}" for one in policy.situations)
            asked = "|".join(policy.alternatives)
            yield {**row, "unit": unit, "situations": situations, "alternatives": asked}


def _holidays(tx: Transaction) -> Iterator[Row]:
    for holiday in tx.rules.calendar:
        yield {"day": holiday.day, "name": holiday.name, "working": holiday.working}


def _erasures(tx: Transaction) -> Iterator[Row]:
    for digest, at in operating.erased(tx):
        yield {"digest": digest, "at": at}


def _imported(kind: str, rows: Callable[[Transaction], Iterator[Row]]) -> Table:
    return Table(columns=tuple(IMPORTED[kind].columns), rows=rows)


# People and members are not written: what is personal stays sealed in the database.
KINDS: Mapping[str, Table] = {
    "units": _imported("units", _units),
    "places": _imported("places", _places),
    "chats": _imported("chats", _chats),
    "branches": _imported("branches", _branches),
    "categories": _imported("categories", _categories),
    "deadlines": _imported("deadlines", _deadlines),
    "phones": _imported("phones", _phones),
    "holidays": _imported("holidays", _holidays),
    "policies": _imported("policies", _policies),
    "orders": Table(
        columns=(
            "number",
            "status",
            "category",
            "class",
            "community",
            "grid",
            "owner",
            "building",
            "created_at",
            "promised_at",
            "cycle",
            "last_event",
            "last_event_at",
        ),
        rows=_orders,
    ),
    "supervisions": Table(
        columns=(
            "number",
            "status",
            "category",
            "community",
            "owner",
            "named",
            "by",
            "since",
            "until",
            "overdue",
            "evidence",
            "has_evidence",
            "reason",
        ),
        rows=_supervisions,
    ),
    "hotspots": Table(
        columns=(
            "community",
            "estate",
            "category",
            "name_zh",
            "orders",
            "households",
            "before",
            "growth",
            "heat",
            "buildings",
        ),
        rows=_hotspots,
    ),
    # Who must stay erased when an older backup is restored; nobody can be told from it.
    "erasures": Table(columns=("digest", "at"), rows=_erasures),
}
