"""Which work orders a category may be learnt from: those of which a person who works here said so.

What a resident types is never enough. A person's word is either of these:

* the desk named the category (改类), or
* somebody who works on it, and is not its reporter, resolved the order under this category, and it
  was closed: the owner had it in hand and did not challenge the category.

Declined, withdrawn, merged and transferred orders say nothing, nor does the reporter's own 更正.
Orders about violence at home, self-harm or staff are left out: their words are nobody's business.
"""

from __future__ import annotations

from domain.orders import EventKind, OrderEvent, Status, WorkOrder

ONE_IN = 5  # is held back, to judge by; for good, since it goes by the order's id


def is_confirmed(order: WorkOrder) -> bool:
    """Whether a person who works here stands by the category."""
    if not order.category or order.restricted or order.about_staff or order.accused:
        return False
    named = next((event for event in reversed(order.history) if _names_category(event)), None)
    if named is not None and _by_staff(named, order):
        return True
    resolved = order.last(EventKind.RESOLVED)
    return (
        order.status is Status.CLOSED
        and resolved is not None
        and _by_staff(resolved, order)
        and (named is None or named.seq < resolved.seq)
    )


def held_back(order: WorkOrder) -> bool | None:
    """Whether it is kept to judge models by instead of learnt from; None when it is neither."""
    if order.id is None or not is_confirmed(order):
        return None
    return order.id % ONE_IN == 0


def _names_category(event: OrderEvent) -> bool:
    return event.kind is EventKind.CORRECTED and "category" in event.values.get("fields", ())


def _by_staff(event: OrderEvent, order: WorkOrder) -> bool:
    """Only the reporter and the desk name categories, and only who works on it resolves."""
    return event.person is not None and event.person != order.reporter
