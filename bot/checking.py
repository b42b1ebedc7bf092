"""Names every hole in tables and queues, before a resident falls into it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.findings import Finding, Severity
from bot.inviting import unreachable
from domain.orders import OrderClass
from domain.people import Post, Role
from domain.routing import LEVEL
from domain.units import Unit, UnitKind
from storage import operating
from storage.schema import ModelState
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


def look(tx: Transaction) -> Iterator[Finding]:
    """Every hole in the tables and in the queues."""
    if not tuple(tx.org):
        yield Finding(phrase="check.no_units", values={})
        return
    yield from _empty_posts(tx)
    yield from _categories(tx)
    yield from _phones(tx)
    yield from _holidays(tx)
    yield from _unreachable_staff(tx)
    yield from _groups(tx)
    yield from _queues(tx)
    yield from _model(tx)


def _empty_posts(tx: Transaction) -> Iterator[Finding]:
    for role in NEEDED:
        for unit in _units(tx, LEVEL[role]):
            if not _held(tx, unit, role):
                values = {"unit": unit.name, "code": unit.code, "role": role.value}
                yield Finding(phrase="check.empty_post", values=values)
    if not any(_held(tx, unit, Role.ADMIN) for unit in tx.org):
        yield Finding(phrase="check.no_admin", values={})


def _categories(tx: Transaction) -> Iterator[Finding]:
    categories = [c for c in tx.rules.categories.values() if c.order_class is not None]
    if not categories:
        yield Finding(phrase="check.no_categories", values={})
    for order_class in OrderClass:
        used = any(category.order_class is order_class for category in categories)
        if used and order_class is not OrderClass.X and order_class not in tx.rules.deadlines:
            yield Finding(phrase="check.no_deadline", values={"order_class": order_class.value})
    owned: defaultdict[Role, list[str]] = defaultdict(list)
    for category in categories:
        owned[category.owner].append(category.code)
    for role, codes in owned.items():
        for unit in _units(tx, LEVEL[role]):
            if role not in NEEDED and not _held(tx, unit, role):
                values = {"codes": codes, "unit": unit.name, "role": role.value}
                yield Finding(phrase="check.category_without_owner", values=values)


def _phones(tx: Transaction) -> Iterator[Finding]:
    known = {phone.key for phone in tx.rules.phones}
    missing = [key for key in PHONES if key not in known]
    if missing:
        yield Finding(phrase="check.missing_phones", values={"keys": missing})


def _holidays(tx: Transaction) -> Iterator[Finding]:
    year = tx.now.astimezone(tx.rules.zone).year
    for wanted in (year, year + 1):
        if not tx.rules.calendar.announced(wanted):
            is_next = wanted != year
            yield Finding(
                phrase="check.holidays_not_announced" if is_next else "check.no_holidays",
                values={"year": wanted},
                severity=Severity.HINT if is_next else Severity.WARNING,
            )


def _unreachable_staff(tx: Transaction) -> Iterator[Finding]:
    for person, post in unreachable(tx):
        unit = tx.org.unit(post.unit)
        values = {"name": person.name, "unit": unit.name, "role": post.role.value}
        yield Finding(phrase="check.unreachable", values=values)


def _groups(tx: Transaction) -> Iterator[Finding]:
    for chat in tx.chats.unbound():
        values = {"channel": chat.address.channel, "title": chat.title or chat.address.chat}
        yield Finding(phrase="check.unbound_group", values=values, severity=Severity.WARNING)
    for channel, title in operating.left_groups(tx):
        values = {"channel": channel, "title": title}
        yield Finding(phrase="check.left_group", values=values, severity=Severity.WARNING)


def _queues(tx: Transaction) -> Iterator[Finding]:
    if letters := tx.inbox.dead_letters(limit=100):
        values = {"count": len(letters)}
        yield Finding(phrase="check.dead_letters", values=values, severity=Severity.WARNING)
    if unknown := operating.count_unknown(tx):
        values = {"count": unknown}
        yield Finding(phrase="check.unknown_sends", values=values, severity=Severity.WARNING)
    unsealed, since = tx.chain.unsealed_for_long()
    if unsealed:
        found = {"count": unsealed, "since": since}
        yield Finding(phrase="check.unsealed", values=found, severity=Severity.WARNING)
    for order in tx.orders.untold():
        yield Finding(phrase="check.untold", values={"number": order.number})


def _model(tx: Transaction) -> Iterator[Finding]:
    used = tx.models.used()
    if used is not None and used.body is not None:
        # Not before a model is in use: what reads it takes 60 MB.
        from knowledge.learning import BadModel, load

        values: dict[str, object] = {"model": used.id, "since": used.ended_at or used.asked_at}
        try:
            load(used.body, used.digest, ())
        except BadModel as bad:
            yield Finding(phrase="check.model_damaged", values={**values, "why": str(bad)})
        else:
            values |= {"right": used.figures.get("right"), "of": used.figures.get("held_back")}
            yield Finding(phrase="check.model", values=values, severity=Severity.HINT)
    newest = next(iter(tx.models.newest(limit=1)), None)
    if newest is not None and newest.state is ModelState.FAILED:
        values = {"model": newest.id, "why": newest.reason}
        yield Finding(phrase="check.training", values=values, severity=Severity.WARNING)


def _units(tx: Transaction, kind: UnitKind) -> list[Unit]:
    return [unit for unit in tx.org if unit.kind is kind]


def _held(tx: Transaction, unit: Unit, role: Role) -> bool:
    return bool(tx.people.holders(Post(unit=unit.id, role=role), tx.now))
