"""Whose activities somebody may plan: those of their branch, or of all their office covers."""

from __future__ import annotations

from dataclasses import dataclass

from domain import branches
from handlers.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A branch, or a community without one, that somebody may plan for."""

    unit: int
    name: str
    is_branch: bool
    own: bool = False  # they lead it themselves


def hosts(turn: Turn) -> tuple[Host, ...]:
    """Everything the person may plan for, their own branch first."""
    member = turn.tx.branches.member(turn.person.id)
    found = [
        Host(
            unit=branch.unit,
            name=branch.name,
            is_branch=True,
            own=member is not None and member.branch == branch.unit,
        )
        for branch in turn.tx.branches.all()
        if branches.may_plan(turn.actor, member, branch.unit, turn.org)
    ]
    known = {host.unit for host in found}
    for post in turn.actor.posts:
        unit = turn.org.unit(post.unit)
        if branches.may_ask_residents(post, turn.org) and unit.id not in known:
            known.add(unit.id)
            found.append(Host(unit=unit.id, name=unit.name, is_branch=False))
    return tuple(sorted(found, key=lambda host: (not host.own, not host.is_branch, host.unit)))


def may_host(turn: Turn, unit: int) -> bool:
    """Whether the person may plan for this unit, or for the branch whose 党小组 it is."""
    return any(turn.org.within(unit, host.unit) for host in hosts(turn))
