"""Every move by everybody: residents their own, owner and desks the work, the clock its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from domain import moves
from domain.acts import NotAllowed
from domain.changes import Change
from domain.orders import Privacy, Status, WorkOrder
from domain.people import CLOCK, Actor
from domain.rights import may_know_reporter, may_see
from tests.domain.acting import (
    DUTY,
    DUTY_ELSEWHERE,
    FIRE_STATION,
    LEADER,
    NEIGHBOUR,
    NEXT_MONTH,
    ORG,
    OTHER_LEADER,
    PROPERTY,
    RESIDENT,
    SECRETARY,
    STAFF,
    STRANGER,
    STREET_DUTY,
    act,
    an_order,
    asked,
    called,
)

# The fire station was whistled for, and a secretary is complained about.
ACTORS: Mapping[str, Actor] = {
    "owner": STAFF[LEADER],
    "other leader": STAFF[OTHER_LEADER],
    "responder": STAFF[FIRE_STATION],
    "duty": STAFF[DUTY],
    "other duty": STAFF[DUTY_ELSEWHERE],
    "secretary": STAFF[SECRETARY],
    "street": STAFF[STREET_DUTY],
    "reporter": RESIDENT,
    "follower": NEIGHBOUR,
    "stranger": STRANGER,
    "accused": Actor(person=14, posts=frozenset({SECRETARY})),
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
        lambda o, a: moves.suspend(o, act(a), reason="等", until=NEXT_MONTH),
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
        lambda o, a: moves.close_by_silence(o, act(a, NEXT_MONTH)),
        {"clock"},
    ),
}


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("name", MATRIX)
def test_who_may_do_it(name: str, who: str) -> None:
    status, move, may = MATRIX[name]
    order = called(replace(an_order(status), followers=(2,)))
    if who == "accused":
        order = replace(order, accused=frozenset({14}))
    if who in may:
        move(order, ACTORS[who])
    else:
        with pytest.raises(NotAllowed):
            move(order, ACTORS[who])


@pytest.mark.parametrize("who", ACTORS)
def test_who_sees_it_and_who_knows_the_reporter(who: str) -> None:
    order = called(replace(an_order(Status.ACCEPTED), followers=(2,)))
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
    order = replace(called(an_order(Status.ACCEPTED)), restricted=True, followers=(2,))
    allowed = {"duty", "secretary", "reporter", "accused"}  # "accused" is a secretary here

    assert may_see(order, ACTORS[who], ORG) == (who in allowed)
