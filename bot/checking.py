"""Names every hole of an installation, before a resident falls into it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.inviting import unreachable
from domain.orders import OrderClass
from domain.people import Post, Role
from domain.routing import LEVEL
from domain.units import Unit, UnitKind
from storage.database import Database
from storage.transaction import Transaction

# Posts without which a ladder has a missing rung, at every unit of the level.
NEEDED = (Role.GRID_LEADER, Role.DUTY, Role.SECRETARY, Role.STREET_DUTY)
# Numbers an emergency answer may name; national ones are still rows, so that they can be checked.
PHONES = (
    "police",
    "sms_police",
    "fire",
    "ambulance",
    "psychology",
    "lift",
    "gas",
    "water",
    "power",
    "property",
    "duty",
    "hotline",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Something missing: a phrase and its values."""

    phrase: str
    values: dict[str, Any]


async def holes(database: Database) -> list[str]:
    """What is missing, worst first, in plain words; empty when nothing is."""
    return await database.read(
        lambda tx: [tx.wording.say(hole.phrase, hole.values) for hole in look(tx)]
    )


def look(tx: Transaction) -> Iterator[Hole]:
    """Every hole in the tables and in the queues."""
    if not tuple(tx.org):
        yield Hole(phrase="check.no_units", values={})
        return
    yield from _empty_posts(tx)
    yield from _categories(tx)
    yield from _phones(tx)
    yield from _holidays(tx)
    yield from _unreachable_staff(tx)
    yield from _unbound_groups(tx)
    yield from _queues(tx)


def _empty_posts(tx: Transaction) -> Iterator[Hole]:
    for role in NEEDED:
        for unit in _units(tx, LEVEL[role]):
            if not _held(tx, unit, role):
                values = {"unit": unit.name, "code": unit.code, "role": role.value}
                yield Hole(phrase="check.empty_post", values=values)
    if not any(_held(tx, unit, Role.ADMIN) for unit in tx.org):
        yield Hole(phrase="check.no_admin", values={})


def _categories(tx: Transaction) -> Iterator[Hole]:
    categories = [c for c in tx.rules.categories.values() if c.order_class is not None]
    if not categories:
        yield Hole(phrase="check.no_categories", values={})
    for order_class in OrderClass:
        used = any(category.order_class is order_class for category in categories)
        if used and order_class is not OrderClass.X and order_class not in tx.rules.deadlines:
            yield Hole(phrase="check.no_deadline", values={"order_class": order_class.value})
    owned: defaultdict[Role, list[str]] = defaultdict(list)
    for category in categories:
        owned[category.owner].append(category.code)
    for role, codes in owned.items():
        for unit in _units(tx, LEVEL[role]):
            if role not in NEEDED and not _held(tx, unit, role):
                values = {"codes": codes, "unit": unit.name, "role": role.value}
                yield Hole(phrase="check.category_without_owner", values=values)


def _phones(tx: Transaction) -> Iterator[Hole]:
    known = {phone.key for phone in tx.rules.phones}
    missing = [key for key in PHONES if key not in known]
    if missing:
        yield Hole(phrase="check.missing_phones", values={"keys": missing})


def _holidays(tx: Transaction) -> Iterator[Hole]:
    year = tx.now.astimezone(tx.rules.zone).year
    for wanted in (year, year + 1):
        if not tx.rules.calendar.announced(wanted):
            known = "no_holidays" if wanted == year else "holidays_not_announced"
            phrase = f"check.{known}"
            yield Hole(phrase=phrase, values={"year": wanted})


def _unreachable_staff(tx: Transaction) -> Iterator[Hole]:
    for person, post in unreachable(tx):
        unit = tx.org.unit(post.unit)
        values = {"name": person.name, "unit": unit.name, "role": post.role.value}
        yield Hole(phrase="check.unreachable", values=values)


def _unbound_groups(tx: Transaction) -> Iterator[Hole]:
    for chat in tx.chats.unbound():
        values = {"channel": chat.address.channel, "title": chat.title or chat.address.chat}
        yield Hole(phrase="check.unbound_group", values=values)


def _queues(tx: Transaction) -> Iterator[Hole]:
    if letters := tx.inbox.dead_letters(limit=100):
        yield Hole(phrase="check.dead_letters", values={"count": len(letters)})
    unsealed, since = tx.chain.unsealed_for_long()
    if unsealed:
        yield Hole(phrase="check.unsealed", values={"count": unsealed, "since": since})
    for order in tx.orders.untold():
        yield Hole(phrase="check.untold", values={"number": order.number})


def _units(tx: Transaction, kind: UnitKind) -> list[Unit]:
    return [unit for unit in tx.org if unit.kind is kind]


def _held(tx: Transaction, unit: Unit, role: Role) -> bool:
    return bool(tx.people.holders(Post(unit=unit.id, role=role), tx.now))
