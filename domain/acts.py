"""What every move needs: who acts, when, by which rules, and how a rule says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from domain.changes import AuditEntry, Change, Notice
from domain.orders import EventKind, Status, WorkOrder
from domain.people import Actor, Post
from domain.rules import Rules
from domain.units import Org


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who acts, at what moment, by which rules and in which tree of units."""

    actor: Actor
    at: datetime
    rules: Rules
    org: Org

    def write(
        self,
        order: WorkOrder,
        kind: EventKind,
        *,
        reason: str = "",
        text: str = "",
        **values: Any,
    ) -> WorkOrder:
        """The order with one more event by this actor at this moment; times become ISO text."""
        plain = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in values.items()
        }
        return order.with_event(
            kind, self.at, person=self.actor.person, reason=reason, text=text, values=plain
        )

    def done(
        self, move: str, order: WorkOrder, *others: WorkOrder, notices: tuple[Notice, ...] = ()
    ) -> Change:
        """The outcome of a move, with its line in the audit."""
        entry = AuditEntry(
            action=f"order.{move}",
            subject=f"order:{order.number}",
            person=self.actor.person,
            detail={"status": order.status.value, "others": [other.number for other in others]},
        )
        return Change(orders=(order, *others), notices=notices, audit=(entry,))


def as_values(post: Post) -> dict[str, Any]:
    """A post as event values."""
    return {"unit": post.unit, "role": post.role.value}


class RuleBroken(Exception):
    """A rule forbids what was asked; `phrase` and `values` say it politely to whoever asked."""

    phrase: ClassVar[str] = "refused"

    def __init__(self, **values: Any) -> None:
        super().__init__(f"{type(self).__name__} {values}")
        self._values = values

    def values(self) -> Mapping[str, Any]:
        """The plain values that broke the rule."""
        return self._values


class NotAllowed(RuleBroken):
    """This person may not do this to this work order."""

    phrase = "refused.not_allowed"

    def __init__(self, move: str, number: str) -> None:
        super().__init__(move=move, number=number)


class WrongStatus(RuleBroken):
    """The work order stands where this cannot be done."""

    phrase = "refused.wrong_status"

    def __init__(self, move: str, order: WorkOrder) -> None:
        super().__init__(move=move, number=order.number, status=order.status.value)


class ReasonMissing(RuleBroken):
    """The rule asks for a reason and none was given."""

    phrase = "refused.reason_missing"

    def __init__(self, move: str) -> None:
        super().__init__(move=move)


class DateInPast(RuleBroken):
    """The date given is not in the future."""

    phrase = "refused.date_in_past"

    def __init__(self, until: datetime) -> None:
        super().__init__(until=until)


class ConflictOfInterest(RuleBroken):
    """A complaint about staff, or a restricted work order, must not go to this post."""

    phrase = "refused.conflict_of_interest"

    def __init__(self, post: Post) -> None:
        super().__init__(**as_values(post))


def require_status(order: WorkOrder, move: str, *statuses: Status) -> None:
    """Raise WrongStatus unless the order stands in one of these."""
    if order.status not in statuses:
        raise WrongStatus(move, order)


def require_reason(move: str, reason: str) -> str:
    """The reason without blanks around it; raises ReasonMissing when nothing is left."""
    if not (given := reason.strip()):
        raise ReasonMissing(move)
    return given


def require_future(act: Act, until: datetime) -> None:
    """Raise DateInPast unless `until` is still to come."""
    if until <= act.at:
        raise DateInPast(until)
