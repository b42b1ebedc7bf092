"""What of a work order may be shown in an answer, as plain values for a phrase."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain import deadlines
from domain.messages import Choice
from domain.orders import Privacy, WorkOrder
from domain.rights import may_see
from handlers.turn import Turn

LISTED = 5


def values(turn: Turn, order: WorkOrder) -> dict[str, Any]:
    """The values of one order; in a group the place and whose it is stay out."""
    owner = None if order.owner is None else order.owner.role.value
    return {
        "number": order.number,
        "category": "" if order.restricted else category_name(turn, order.category),
        "place": "" if turn.in_group else place_name(turn, order),
        "status": order.status.value,
        "role": owner,
        "due": order.promised_at if order.is_running else None,
        "overdue": order.is_running and deadlines.is_overdue(order, turn.rules, turn.now),
        "followers": len(order.followers),
    }


def lines(turn: Turn, orders: Iterable[WorkOrder]) -> list[dict[str, Any]]:
    """The values of several orders, numbered from one."""
    return [{"row": row, **values(turn, order)} for row, order in enumerate(orders, start=1)]


def category_name(turn: Turn, code: str) -> str:
    """The name of a category in the person's language, or words for what has none yet."""
    category = turn.rules.categories.get(code)
    language = turn.person.language
    if category is None:
        return turn.tx.wording.say("word.unsorted", {}, language=language)
    return category.english if language.startswith("en") else category.name


def place_name(turn: Turn, order: WorkOrder) -> str:
    """Where it is; the room only for the person who gave it, and never in a group."""
    return order.place.shown(private=order.reporter == turn.person.id and not turn.in_group)


def words(turn: Turn, order: WorkOrder) -> str:
    """What the resident said, for whoever works on it; never in a group."""
    return "" if turn.in_group else order.text


def person_name(turn: Turn, who: int) -> str:
    """What somebody is called, by us or by themselves; "" where nobody knows."""
    person = turn.tx.people.get(who)
    names = (person.name if person else "", *(one.name for one in turn.tx.people.contacts(who)))
    return next(filter(None, names), "")


def listed_name(turn: Turn, who: int) -> str:
    """The same for a list, with words for whoever left no name."""
    return person_name(turn, who) or turn.tx.wording.say("roll.nameless", {})


def masked_name(name: str) -> str:
    """As much of a name as tells one person from another in a list: 王**."""
    return f"{name[:1]}**" if name else ""


def choices(turn: Turn, orders: Iterable[WorkOrder]) -> tuple[Choice, ...]:
    """One choice for each order, in words the person knows it by."""
    return tuple(Choice(value=order.number, label=_label(turn, order)) for order in orders)


def is_sensitive(order: WorkOrder) -> bool:
    """Whether not even its number belongs in a group."""
    return order.restricted or order.about_staff or order.privacy is not Privacy.OPEN


def is_hidden(turn: Turn, order: WorkOrder) -> bool:
    """Whether this person must not learn anything of it here."""
    if turn.in_group and is_sensitive(order):
        return True
    return not may_see(order, turn.actor, turn.org)


def _label(turn: Turn, order: WorkOrder) -> str:
    place = "" if turn.in_group else order.place.shown(private=False)
    label = " ".join(part for part in (place, category_name(turn, order.category)) if part)
    return order.number if order.restricted or not label else label
