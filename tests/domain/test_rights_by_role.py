"""Who may do what: residents their own, owner and desks the work, the clock the clockwork."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from domain import moves
from domain.acts import NotAllowed, RuleBroken
from domain.changes import Change
from domain.orders import Privacy, Status, WorkOrder
from domain.people import CLOCK, Actor, Post, Role
from domain.rights import may_know_reporter, may_see
from tests.domain.test_moves_by_status import (
    BY_STATUS,
    DAY,
    DUTY_MAN,
    LEADER_MAN,
    NEIGHBOUR,
    ORG,
    PROPERTY,
    PROPERTY_MAN,
    REPORTER_MAN,
    SECRETARY_MAN,
    START,
    act,
    asked,
    whistled,
)


def holding(person: int, unit: int, role: Role) -> Actor:
    return Actor(person=person, posts=frozenset({Post(unit=unit, role=role)}))


ACTORS: Mapping[str, Actor] = {
    "owner": LEADER_MAN,
    "other leader": holding(11, 5, Role.GRID_LEADER),
    "responder": PROPERTY_MAN,
    "duty": DUTY_MAN,
    "other duty": holding(12, 6, Role.DUTY),
    "secretary": SECRETARY_MAN,
    "street": holding(13, 2, Role.STREET_DUTY),
    "reporter": REPORTER_MAN,
    "follower": NEIGHBOUR,
    "stranger": Actor(person=102),
    "accused": holding(14, 3, Role.SECRETARY),
    "clock": CLOCK,
}
DESKS = {"duty", "secretary", "street"}
OWNERS = DESKS | {"owner"}
WORKERS = OWNERS | {"responder"}
# Each move: where it is done from, how, and who may. Owners' moves are open to the desks above.
MATRIX: Mapping[str, tuple[Status, Callable[[WorkOrder, Actor], Change], set[str]]] = {
    "accept": (Status.ASSIGNED, lambda o, a: moves.accept(o, act(a)), OWNERS),
    "return": (Status.ASSIGNED, lambda o, a: moves.return_order(o, act(a), reason="错"), OWNERS),
    "resolve": (Status.ACCEPTED, lambda o, a: moves.resolve(o, act(a), note="好了"), OWNERS),
    "suspend": (
        Status.ACCEPTED,
        lambda o, a: moves.suspend(o, act(a), reason="等", until=START + DAY),
        OWNERS,
    ),
    "resume": (Status.SUSPENDED, lambda o, a: moves.resume(o, act(a)), OWNERS),
    "approve": (Status.ACCEPTED, lambda o, a: moves.approve_extension(asked(o), act(a)), DESKS),
    "assign": (Status.ASSIGNED, lambda o, a: moves.assign(o, act(a), post=PROPERTY), DESKS),
    "name_owner": (
        Status.ASSIGNED,
        lambda o, a: moves.name_owner(o, act(a), post=PROPERTY),
        DESKS - {"duty"},
    ),
    "decline": (
        Status.ASSIGNED,
        lambda o, a: moves.decline(o, act(a), reason="不归", path="12345"),
        DESKS,
    ),
    "transfer": (
        Status.ASSIGNED,
        lambda o, a: moves.transfer(o, act(a), to="城管", reason="市管"),
        DESKS,
    ),
    "note": (Status.ACCEPTED, lambda o, a: moves.note(o, act(a), text="记"), WORKERS),
    "on_site": (Status.ACCEPTED, lambda o, a: moves.on_site(o, act(a)), WORKERS),
    "urge": (
        Status.ACCEPTED,
        lambda o, a: moves.urge(o, act(a)),
        WORKERS | {"reporter", "follower"},
    ),
    "confirm": (Status.RESOLVED, lambda o, a: moves.confirm(o, act(a)), {"reporter"}),
    "disagree": (
        Status.RESOLVED,
        lambda o, a: moves.disagree(o, act(a), reason="还黑"),
        {"reporter"},
    ),
    "rate": (Status.CLOSED, lambda o, a: moves.rate(o, act(a), rating=4), {"reporter"}),
    "correct": (Status.ACCEPTED, lambda o, a: moves.correct(o, act(a), text="灯"), {"reporter"}),
    "reopen": (
        Status.CLOSED,
        lambda o, a: moves.reopen(o, act(a), reason="又坏"),
        DESKS | {"reporter"},
    ),
    "close_by_silence": (
        Status.RESOLVED,
        lambda o, a: moves.close_by_silence(o, act(a, START + 9 * DAY)),
        {"clock"},
    ),
}


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("name", MATRIX)
def test_who_may_do_it(name: str, who: str) -> None:
    status, move, may = MATRIX[name]
    order = whistled(replace(BY_STATUS[status], followers=(101,)))
    if who == "accused":
        order = replace(order, accused=frozenset({14}))
    if who in may:
        move(order, ACTORS[who])
    else:
        with pytest.raises(NotAllowed):
            move(order, ACTORS[who])


@pytest.mark.parametrize("who", ACTORS)
def test_who_sees_it_and_who_knows_the_reporter(who: str) -> None:
    order = whistled(replace(BY_STATUS[Status.ACCEPTED], followers=(101,)))
    if who == "accused":
        order = replace(order, accused=frozenset({14}))
    secret = replace(order, privacy=Privacy.CONFIDENTIAL)

    seen = may_see(order, ACTORS[who], ORG)
    known = may_know_reporter(order, ACTORS[who], ORG)
    kept = may_know_reporter(secret, ACTORS[who], ORG)

    assert seen == (who in WORKERS | {"reporter", "follower"})
    assert known == (who in OWNERS | {"reporter"})
    assert kept == (who in DESKS | {"reporter"})


@pytest.mark.parametrize("who", ACTORS)
def test_a_restricted_one_is_seen_by_its_own_desk_and_reporter_only(who: str) -> None:
    order = replace(whistled(BY_STATUS[Status.ACCEPTED]), restricted=True, followers=(101,))
    allowed = {"duty", "secretary", "reporter", "accused"}  # "accused" is a secretary here

    assert may_see(order, ACTORS[who], ORG) == (who in allowed)


def test_nobody_gives_a_complaint_about_staff_to_those_below_the_secretary() -> None:
    order = replace(BY_STATUS[Status.OPEN], about_staff=True)

    with pytest.raises(RuleBroken):
        moves.assign(order, act(SECRETARY_MAN), post=PROPERTY)
