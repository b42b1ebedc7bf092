"""Whom a complaint about staff is about, so that it never reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from domain.orders import WorkOrder
from domain.people import Person, Post, Role
from domain.routing import LEVEL
from domain.units import UnitKind
from handlers.turn import Turn
from handlers.where import community_here
from knowledge import conduct
from knowledge.signs import signs

# Held once for the whole community or above it; the others once for every grid.
OF_GRIDS = frozenset(role for role, level in LEVEL.items() if level is UnitKind.GRID)


def accuses(turn: Turn) -> bool:
    """Whether what is said now complains about somebody who works here: by post, name or phone."""
    said = turn.heard.text
    if turn.reading.about_staff:
        return True
    if not conduct.speaks_of_conduct(said):
        return False
    phones = conduct.phones_in(said)
    return any(
        conduct.names(said, person.name) or _is_reached_at(turn, person, phones)
        for _, person in _staff(turn, community_here(turn))
    )


def speaks_of_conduct(turn: Turn) -> bool:
    """Whether what is said now tells what somebody did; asking about a complaint does not."""
    return conduct.speaks_of_deeds(turn.heard.text)


def with_accused(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """The draft with those it complains about, and whoever stands in for them now."""
    if not draft.about_staff:
        return draft
    shown, grids = signs(draft.text), conduct.grids_in(draft.text)
    phones = conduct.phones_in(draft.text)
    meant = {
        person.id
        for post, person in _staff(turn, draft.community)
        if conduct.names(draft.text, person.name)
        or _is_reached_at(turn, person, phones)
        or _is_spoken_of(turn, post, draft, shown, grids)
    }
    return replace(draft, accused=draft.accused | meant)


def posts_of_accused(turn: Turn, draft: WorkOrder) -> frozenset[Post]:
    """Every post held by the people complained about."""
    return frozenset(
        post for person in draft.accused for post in turn.tx.people.posts_of(person, turn.now)
    )


def _is_spoken_of(
    turn: Turn, post: Post, draft: WorkOrder, shown: frozenset[str], grids: frozenset[str]
) -> bool:
    """Whether its role is named: of the grids the one named, else the one it comes from."""
    if post.role not in OF_GRIDS:
        return post.role in shown
    if grids:
        return bool(grids & conduct.grids_in(turn.org.unit(post.unit).name))
    return post.role in shown and draft.grid in (None, post.unit)


def _is_reached_at(turn: Turn, person: Person, phones: frozenset[str]) -> bool:
    return bool(phones) and turn.tx.people.phone(person.id) in phones


def _staff(turn: Turn, community: int) -> Iterator[tuple[Post, Person]]:
    """Who holds a post here or above, each in their own right, with the post."""
    for role, level in LEVEL.items():
        above = turn.org.nearest(community, level)
        units = [above] if above else turn.org.below(community, level)
        for unit in units:
            post = Post(unit=unit.id, role=Role(role))
            for person in turn.tx.people.in_office(post, turn.now):
                yield post, person
