"""Whom a complaint about staff is about, so that it never reaches them."""

from __future__ import annotations

from dataclasses import replace

from domain.orders import WorkOrder
from domain.people import Post, Role
from domain.routing import LEVEL
from handlers.turn import Turn
from knowledge.signs import signs


def with_accused(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """The draft with the people it complains about: those named, and those who hold a post it speaks of."""
    if not draft.about_staff:
        return draft
    named = {
        person.id
        for name in turn.reading.people
        for person in turn.tx.people.staff_named(name, within=draft.community)
    }
    meant = {
        person.id
        for post in _posts_spoken_of(turn, draft)
        for person in turn.tx.people.holders(post, turn.now)
    }
    return replace(draft, accused=draft.accused | named | meant)


def posts_of_accused(turn: Turn, draft: WorkOrder) -> frozenset[Post]:
    """Every post held by the people complained about."""
    return frozenset(
        post for person in draft.accused for post in turn.tx.people.posts_of(person, turn.now)
    )


def _posts_spoken_of(turn: Turn, draft: WorkOrder) -> list[Post]:
    shown = signs(draft.text)
    here = draft.grid or draft.community
    units = {role: turn.org.nearest(here, LEVEL[role]) for role in LEVEL if role in shown}
    return [Post(unit=unit.id, role=Role(role)) for role, unit in units.items() if unit]
