"""Night: whoever works here is left in peace, but for dangers; the morning brings the rest."""

from __future__ import annotations

from datetime import datetime, time

from domain.orders import URGENT, WorkOrder
from domain.rules import Rules
from domain.workdays import ONE_DAY

BEGINS, ENDS = time(22), time(8)


def rests(order: WorkOrder, at: datetime, rules: Rules) -> bool:
    """Whether nobody is disturbed for this work order now."""
    if order.order_class in URGENT or rules.limits.wakes_staff:
        return False
    local = at.astimezone(rules.zone).time()
    return local >= BEGINS or local < ENDS


def next_end(at: datetime, rules: Rules) -> datetime:
    """The next time that a night is over."""
    day, local = rules.calendar.local_day(at), at.astimezone(rules.zone).time()
    return rules.calendar.moment(day if local < ENDS else day + ONE_DAY, ENDS)
