"""Whom an activity is for: the members of a branch by its kind, or everybody of a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.activities import OF_MEMBERS, ActivityKind
from domain.audiences import AudienceQuery, one_of_parts, people_in, these_people
from domain.branches import COMMITTEE, Member

if TYPE_CHECKING:
    from storage.transaction import Transaction


def audience_of(
    tx: Transaction, kind: ActivityKind, unit: int, *, group: int | None, members: bool
) -> AudienceQuery:
    """The members are named one by one, as they are now; raises AudienceOfNobody."""
    if kind not in OF_MEMBERS and not members:
        return one_of_parts(people_in(unit))
    asked = [one.person for one in tx.branches.members(unit) if _is_for(one, kind, group)]
    return one_of_parts(these_people(asked))


def _is_for(member: Member, kind: ActivityKind, group: int | None) -> bool:
    if kind is ActivityKind.COMMITTEE_MEETING:
        return member.position in COMMITTEE
    if kind is ActivityKind.GROUP_MEETING and group is not None:
        return member.group == group
    return True
