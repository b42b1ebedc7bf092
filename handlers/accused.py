"""Whom a complaint about staff is about, so that it never reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from domain.conversations import HandOverState
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
    if turn.reading.about_staff or _reproached(turn) is not None:
        return True
    if not conduct.speaks_of_conduct(said):
        return False
    phones = conduct.phones_in(said)
    return any(
        conduct.names(said, person.name) or _is_reached_at(turn, person, phones)
        for _, person in _staff(turn, community_here(turn))
    )


def must_not_reach(turn: Turn, person: int) -> bool:
    """Whether what is said now complains about this person, or about nobody we can tell."""
    if not accuses(turn):
        return False
    meant = _meant(turn, turn.heard.text, community_here(turn), None)
    return not meant or person in meant | turn.tx.people.deputies(meant, turn.now)


def speaks_of_conduct(turn: Turn) -> bool:
    """Whether what is said now tells what somebody did; asking about a complaint does not."""
    return conduct.speaks_of_deeds(turn.heard.text)


def with_accused(turn: Turn, draft: WorkOrder) -> WorkOrder:
    """The draft with those it complains about, and whoever stands in for them now."""
    if not draft.about_staff:
        return draft
    meant = _meant(turn, draft.text, draft.community, draft.grid)
    return replace(draft, accused=draft.accused | meant)


def posts_of_accused(turn: Turn, draft: WorkOrder) -> frozenset[Post]:
    """Every post held by the people complained about."""
    return frozenset(
        post for person in draft.accused for post in turn.tx.people.posts_of(person, turn.now)
    )


def _meant(turn: Turn, said: str, community: int, grid: int | None) -> frozenset[int]:
    """Whoever of the staff a complaint speaks of, and the one it is said to."""
    shown, grids, phones = signs(said), conduct.grids_in(said), conduct.phones_in(said)

    def is_spoken_of(post: Post) -> bool:
        """Whether its role is named: of the grids the one named, else the one it comes from."""
        if post.role not in OF_GRIDS:
            return post.role in shown
        if grids:
            return bool(grids & conduct.grids_in(turn.org.unit(post.unit).name))
        return post.role in shown and grid in (None, post.unit)

    listener = _reproached(turn)
    return frozenset(
        person.id
        for post, person in _staff(turn, community)
        if conduct.names(said, person.name)
        or _is_reached_at(turn, person, phones)
        or is_spoken_of(post)
    ) | ({listener} if listener is not None else set())


def _reproached(turn: Turn) -> int | None:
    """The member of staff the person is talking to, when it is them who is complained about."""
    if turn.in_group or not conduct.blames_listener(turn.heard.text):
        return None
    hand_over = turn.tx.hand_overs.of_conversation(turn.conversation.key)
    active = hand_over is not None and hand_over.state is HandOverState.ACTIVE
    return hand_over.staff if hand_over is not None and active else None


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
