"""Night: whoever works here is left in peace, but for dangers; the morning brings the rest."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from domain.orders import OrderClass, WorkOrder
from domain.rules import Rules

BEGINS, ENDS = time(22), time(8)
DAY_AND_NIGHT = frozenset({OrderClass.E0, OrderClass.E1})
_ONE_DAY = timedelta(days=1)


def rests(order: WorkOrder, at: datetime, rules: Rules) -> bool:
    """Whether nobody is disturbed for this work order now."""
    if order.order_class in DAY_AND_NIGHT or rules.limits.wakes_staff:
        return False
    local = at.astimezone(rules.zone).time()
    return local >= BEGINS or local < ENDS


def morning(at: datetime, rules: Rules) -> datetime:
    """When the night that this moment lies in is over."""
    day = rules.calendar.local_day(at)
    late = at.astimezone(rules.zone).time() >= BEGINS
    return rules.calendar.moment(day + _ONE_DAY if late else day, ENDS)
