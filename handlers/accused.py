"""Whom a complaint about staff is about, so that it never reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from domain.orders import WorkOrder
from domain.people import Person, Post, Role
from domain.routing import LEVEL
from domain.units import UnitKind
from handlers.turn import Turn
from knowledge.signs import is_called, signs

# Held once for the whole community or above it; the others once for every grid.
OF_GRIDS = frozenset(role for role, level in LEVEL.items() if level is UnitKind.GRID)


def with_accused(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """The draft with those it complains about: by name, or by the post it speaks of."""
    if not draft.about_staff:
        return draft
    shown = signs(draft.text)
    meant = {
        person.id
        for post, person in _staff(turn, draft)
        if is_called(draft.text, person.name) or _is_spoken_of(post, draft, shown)
    }
    return replace(draft, accused=draft.accused | meant)


def posts_of_accused(turn: Turn, draft: WorkOrder) -> frozenset[Post]:
    """Every post held by the people complained about."""
    return frozenset(
        post for person in draft.accused for post in turn.tx.people.posts_of(person, turn.now)
    )


def _is_spoken_of(post: Post, draft: WorkOrder, shown: frozenset[str]) -> bool:
    """Whether its role is named; of the grids only the one the complaint comes from is meant."""
    if post.role not in shown:
        return False
    return post.role not in OF_GRIDS or draft.grid in (None, post.unit)


def _staff(turn: Turn, draft: WorkOrder) -> Iterator[tuple[Post, Person]]:
    for role, level in LEVEL.items():
        above = turn.org.nearest(draft.community, level)
        units = [above] if above else turn.org.below(draft.community, level)
        for unit in units:
            post = Post(unit=unit.id, role=Role(role))
            for person in turn.tx.people.holders(post, turn.now):
                yield post, person
