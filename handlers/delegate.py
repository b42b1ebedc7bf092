"""替班: somebody stands in for a while; new work goes there, and it ends by itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from domain.changes import AuditEntry, Notice, to_person
from domain.messages import Choice
from domain.people import Delegation, Person
from domain.units import UnitKind
from handlers import leave
from handlers.shown import LISTED, lines
from handlers.turn import Answer, Turn
from knowledge.normal import normal
from knowledge.private_data import masked
from knowledge.signs import signs
from knowledge.times import find_period

MANY = 50
ONE_DAY = timedelta(days=1)


def handle(turn: Turn) -> None:
    """Sets the deputy for the days named, or asks for what is missing; who is back ends it.

    Who asks for leave of an activity, and names nobody to stand in, wants nothing but that.
    """
    if leave.is_meant(turn):
        leave.handle(turn)
        return
    if "back" in signs(turn.heard.text) and not turn.reading.people:
        _come_back(turn)
        return
    names = turn.reading.people
    name = names[0] if names else ""
    _go_on(turn, name=name, first=turn.reading.from_day, last=turn.reading.until_day)


def _go_on(turn: Turn, *, name: str, first: date | None, last: date | None) -> None:
    if first is None or last is None:
        _ask(turn, "days", name=name, first=first, last=last)
        return
    deputies = _deputies(turn, name) if name else []
    if len(deputies) == 1:
        _delegate(turn, deputies[0], first, last)
        return
    choices = tuple(Choice(value=str(one.id), label=one.name) for one in deputies)
    _ask(turn, "deputy", name=name, first=first, last=last, choices=choices)


def _ask(
    turn: Turn,
    part: str,
    *,
    name: str,
    first: date | None,
    last: date | None,
    choices: tuple[Choice, ...] = (),
) -> None:
    context = {
        "part": part,
        "name": name,
        "first": first.isoformat() if first else "",
        "last": last.isoformat() if last else "",
    }
    phrase = f"delegate.ask_{part}"
    unknown = masked(name) if part == "deputy" and not choices else ""
    turn.ask("delegate.more", phrase, choices=choices, context=context, unknown=unknown)


def _delegate(turn: Turn, deputy: Person, first: date, last: date) -> None:
    calendar = turn.rules.calendar
    start = max(calendar.moment(first, time(0)), turn.now)
    end = calendar.moment(last + ONE_DAY, time(0))
    if end <= start:
        _ask(turn, "days", name=deputy.name, first=None, last=None)
        return
    turn.tx.people.delegate(
        Delegation(person=turn.person.id, deputy=deputy.id, start=start, end=end)
    )
    turn.tx.audit.add(_entry(turn, "delegated", deputy.id))
    owned = turn.tx.orders.owned_by(turn.tx.people.posts_of(turn.person.id, turn.now), MANY)
    values: dict[str, Any] = {
        "start": start,
        "last": _end_of(last, turn),
        "orders": lines(turn, owned[:LISTED]),
        "open": len(owned),
        "more": max(len(owned) - LISTED, 0),
    }
    told = {**values, "name": turn.person.name}
    turn.tell(Notice(to=to_person(deputy.id), phrase="delegate.to_you", values=told))
    choices = (Choice(value="end_delegation"),)
    turn.ask("delegate.end", "delegate.done", choices=choices, deputy=deputy.name, **values)


def _deputies(turn: Turn, name: str) -> list[Person]:
    """Colleagues so called in the person's own community; those of the street if there is none."""
    for kind in (UnitKind.COMMUNITY, UnitKind.STREET):
        scopes = {
            unit.id
            for post in turn.actor.posts
            if (unit := turn.org.nearest(post.unit, kind)) is not None
        }
        named = {
            person.id: person
            for scope in scopes
            for person in turn.tx.people.staff_named(name, within=scope)
            if person.id != turn.person.id
        }
        if named:
            return list(named.values())
    return []


def _more(turn: Turn, answer: Answer) -> bool:
    context = answer.context
    first = date.fromisoformat(context["first"]) if context["first"] else None
    last = date.fromisoformat(context["last"]) if context["last"] else None
    if context["part"] == "deputy":
        person = turn.tx.people.get(int(answer.value)) if answer.value else None
        name = person.name if person else (turn.reading.people or (turn.heard.text.strip(),))[0]
        _go_on(turn, name=name, first=first, last=last)
        return True
    today = turn.rules.calendar.local_day(turn.now)
    period = find_period(normal(turn.heard.text).key, today)
    if period is None:
        return False
    name = turn.reading.people[0] if turn.reading.people else context["name"]
    _go_on(turn, name=name, first=period.first, last=period.last)
    return True


def _end(turn: Turn, answer: Answer) -> bool:
    """Back earlier than planned."""
    if answer.value != "end_delegation":
        return False
    _come_back(turn)
    return True


def is_possible(turn: Turn) -> bool:
    """Whether somebody stands in who could stop, where that is what was said."""
    return "back" not in signs(turn.heard.text) or bool(_deputies_now(turn))


def _deputies_now(turn: Turn) -> set[int]:
    standing_in = turn.tx.people.delegations_of(turn.person.id, turn.now)
    return {one.deputy for one in standing_in if one.person == turn.person.id}


def _come_back(turn: Turn) -> None:
    deputies = _deputies_now(turn)
    if not deputies:
        turn.say("delegate.nobody")
        return
    turn.tx.people.end_delegation(turn.person.id, turn.now)
    turn.tx.audit.add(_entry(turn, "delegation_ended", None))
    for deputy in deputies:
        values = {"name": turn.person.name}
        turn.tell(Notice(to=to_person(deputy), phrase="delegate.ended_for_you", values=values))
    turn.say("delegate.ended")


def _entry(turn: Turn, action: str, deputy: int | None) -> AuditEntry:
    person = turn.person.id
    detail = {"deputy": deputy}
    subject = f"person:{person}"
    return AuditEntry(action=f"person.{action}", subject=subject, person=person, detail=detail)


def _end_of(day: date, turn: Turn) -> datetime:
    return turn.rules.calendar.moment(day, time(23, 59))


ANSWERS = {"more": _more, "end": _end}
