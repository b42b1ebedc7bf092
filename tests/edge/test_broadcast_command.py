"""How far a notice is, on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from domain.audiences import AudienceQuery, groups_in
from domain.broadcasts import Broadcast, BroadcastState, Delivery, Heads
from storage.transaction import Transaction
from tests.edge.conftest import Stored, Xiaoqi


@pytest.fixture
def noticed(xiaoqi: Xiaoqi, stored: Stored) -> Callable[[], str]:
    """A notice to three groups, one of which threw us out, that is done; its number."""

    def work(tx: Transaction) -> str:
        author, unit = tx.people.coded("P01"), tx.org.coded("C01").id
        assert author is not None
        draft = Broadcast(
            number="",
            unit=unit,
            author=author,
            template="free",
            title="通知",
            text="清洗水箱",
            audience=AudienceQuery(parts=(groups_in(unit),)),
            created_at=tx.now,
            planned_at=tx.now,
        )
        made = tx.broadcasts.plan_some(tx.broadcasts.add(draft), 10)
        (row,) = tx.recipients.waiting(made, 10)
        tx.recipients.ended(row, Delivery.BLOCKED, "Forbidden: bot was kicked")
        sending = made.moved_to(BroadcastState.SCHEDULED).moved_to(BroadcastState.SENDING)
        counts = {Delivery.BLOCKED: 1, Delivery.SENT: 2}
        heads = Heads(groups={"web": 3})
        tx.broadcasts.save(
            sending.moved_to(BroadcastState.DONE, counts=counts, heads=heads, ended_at=tx.now)
        )
        return made.number

    def run() -> str:
        assert xiaoqi("broadcast", "status", "--sample").code == 0
        number: str = stored(work)
        return number

    return run


def test_a_notice_is_shown_with_whom_it_did_not_reach(
    xiaoqi: Xiaoqi, noticed: Callable[[], str]
) -> None:
    number = noticed()
    done = xiaoqi("broadcast", "status", number)
    first, second = done.out.splitlines()
    assert first.startswith(f"{number}  done")
    assert "3/3" in first
    assert "group:C01  blocked  Forbidden: bot was kicked" in second
    assert "清洗水箱" not in done.out
    told = [json.loads(one) for one in xiaoqi("broadcast", "status", "--json").out.splitlines()]
    assert told[0]["sent"] == 2


def test_one_that_is_over_is_not_waited_for(xiaoqi: Xiaoqi, noticed: Callable[[], str]) -> None:
    number = noticed()
    assert xiaoqi("broadcast", "watch", number).out.startswith(f"{number}  done")
    assert xiaoqi("broadcast", "watch", "0000000000").code == 1
