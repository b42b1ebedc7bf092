"""Work orders come back whole, are saved by version, and are found by the questions people ask."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.messages import Address
from domain.orders import EventKind, OrderClass, Privacy, Status, WorkOrder
from domain.people import Post, Role
from domain.places import OrderPlace
from storage.database import Database
from storage.transaction import Conflict, Transaction
from tests.storage.conftest import Clock
from tests.storage.values import draft, said

NUMBER = "0621482135"


def reporter(tx: Transaction, account: str = "wang") -> int:
    person, _ = tx.people.arrive(said("你好", key=account, account=account))
    return person.id


def running(tx: Transaction, number: str, **other: Any) -> WorkOrder:
    owner = Post(unit=tx.org.coded("grid1").id, role=Role.GRID_LEADER)
    return tx.orders.save(draft(tx, number, status=Status.ASSIGNED, owner=owner, **other))


def numbers(orders: tuple[WorkOrder, ...]) -> list[str]:
    return [order.number for order in orders]


async def test_a_work_order_comes_back_whole(database: Database) -> None:
    def add(tx: Transaction) -> WorkOrder:
        grid = tx.org.coded("grid1").id
        person, follower = reporter(tx), reporter(tx, "li")
        order = draft(
            tx,
            NUMBER,
            status=Status.ASSIGNED,
            order_class=OrderClass.U,
            grid=grid,
            owner=Post(unit=grid, role=Role.GRID_LEADER),
            place=OrderPlace(
                estate="梧桐苑",
                building="3",
                entrance="2",
                room="501",
                spot="门口\ud83d\x00",
                latitude=31.2,
                longitude=121.4,
            ),
            reporter=person,
            privacy=Privacy.CONFIDENTIAL,
            accused=frozenset({follower}),
            about_staff=True,
            reported_in=Address(channel="telegram", chat="-100"),
            promised_at=tx.now + timedelta(days=2, microseconds=7),
            responders=(Post(unit=grid, role=Role.PROPERTY),),
            followers=(follower,),
            photos=(4, 5),
        )
        order = order.with_event(EventKind.OPENED, tx.now, person=person)
        return tx.orders.save(
            order.with_event(
                EventKind.EXTENSION_ASKED,
                tx.now,
                reason="等配件",
                text="要三天",
                values={"until": "2026-11-24", "n": 3},
            )
        )

    saved = await database.run(add)
    assert await database.read(lambda tx: tx.orders.get(NUMBER)) == saved
    assert saved.id is not None
    assert await database.read(lambda tx: tx.orders.by_id(saved.id or 0)) == saved
    (listed,) = await database.read(lambda tx: tx.orders.newest(limit=5))
    assert listed == saved


async def test_of_two_who_accept_at_once_one_wins(database: Database) -> None:
    order = await database.run(lambda tx: running(tx, NUMBER))
    accepted = order.moved_to(Status.ACCEPTED).with_event(EventKind.ACCEPTED, order.created_at)
    outcomes = await asyncio.gather(
        *(database.run(lambda tx: tx.orders.save(accepted)) for _ in range(10)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, WorkOrder) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 9
    found = await database.read(lambda tx: tx.orders.get(NUMBER))
    assert found is not None
    assert [event.kind for event in found.history] == [EventKind.ACCEPTED]


async def test_of_two_who_look_and_accept_at_once_the_slower_sees_who_has_it(
    database: Database,
) -> None:
    await database.run(lambda tx: running(tx, NUMBER))

    def accept(tx: Transaction) -> bool:
        order = tx.orders.get(NUMBER)
        assert order is not None
        if order.status is Status.ACCEPTED:
            return False
        accepted = order.moved_to(Status.ACCEPTED).with_event(EventKind.ACCEPTED, tx.now)
        tx.orders.save(accepted)
        return True

    outcomes = await asyncio.gather(*(database.run(accept) for _ in range(20)))
    assert sorted(outcomes) == [False] * 19 + [True]


async def test_only_new_events_and_followers_are_added(database: Database) -> None:
    def follow(tx: Transaction) -> WorkOrder:
        order = tx.orders.get(NUMBER)
        assert order is not None
        one, other = reporter(tx, "a"), reporter(tx, "b")
        order = tx.orders.save(
            replace(order, followers=(one, other)).with_event(EventKind.URGED, tx.now)
        )
        return tx.orders.save(
            replace(order, followers=(other,)).with_event(EventKind.NOTED, tx.now, text="在路上")
        )

    await database.run(lambda tx: running(tx, NUMBER))
    saved = await database.run(follow)
    found = await database.read(lambda tx: tx.orders.get(NUMBER))
    assert found == saved
    assert found is not None
    assert [event.seq for event in found.history] == [1, 2]
    assert len(found.followers) == 1


async def test_an_order_decided_on_earlier_is_saved_by_its_version(database: Database) -> None:
    await database.run(lambda tx: running(tx, NUMBER))
    read = await database.read(lambda tx: tx.orders.get(NUMBER))
    assert read is not None
    later = read.with_event(EventKind.URGED, read.created_at)
    saved = await database.run(lambda tx: tx.orders.save(later))
    assert saved.version == read.version + 1
    with pytest.raises(Conflict):
        await database.run(lambda tx: tx.orders.save(later))


async def test_a_number_is_taken_once(database: Database) -> None:
    await database.run(lambda tx: tx.orders.save(draft(tx, NUMBER)))
    assert await database.read(lambda tx: tx.orders.number_taken(NUMBER))
    assert not await database.read(lambda tx: tx.orders.number_taken("0621482143"))
    assert await database.read(lambda tx: tx.orders.get("不\x00是\ud83d号")) is None


async def test_the_questions_people_ask_are_answered(database: Database, clock: Clock) -> None:
    def add(tx: Transaction) -> int:
        person = reporter(tx)
        running(tx, "1", reporter=person)
        running(tx, "2", place=OrderPlace(building="4"), followers=(person,))
        tx.orders.save(draft(tx, "3", status=Status.OPEN))
        tx.orders.save(draft(tx, "4", reporter=person))
        done = draft(tx, "5", status=Status.RESOLVED)
        tx.orders.save(done.with_event(EventKind.RESOLVED, tx.now, text="换了灯"))
        asked = draft(tx, "6", status=Status.ACCEPTED, parent=tx.orders.newest(limit=1)[0].id)
        tx.orders.save(asked.with_event(EventKind.EXTENSION_ASKED, tx.now))
        tx.orders.save(draft(tx, "7", status=Status.MERGED))
        return person

    person = await database.run(add)
    community = database.catalogue.org.coded("wutong").id
    grid = database.catalogue.org.coded("grid1").id
    owner = Post(unit=grid, role=Role.GRID_LEADER)
    before, after = clock.at - timedelta(days=1), clock.at + timedelta(days=1)

    def answers(tx: Transaction) -> dict[str, list[str]]:
        orders = tx.orders
        fifth = orders.get("5")
        assert fifth is not None
        assert fifth.id is not None
        return {
            "of": numbers(orders.of_reporter(person, False, 9)),
            "running": numbers(orders.of_reporter(person, True, 9)),
            "followed": numbers(orders.followed_by(person, 9)),
            "owned": numbers(orders.owned_by([owner], 9)),
            "desk": numbers(orders.waiting_at_desk([community], 9)),
            "similar": sorted(numbers(orders.similar(community, "3", "0303", before, 9))),
            "anywhere": sorted(numbers(orders.similar(community, None, "0303", before, 9))),
            "too old": numbers(orders.similar(community, None, "0303", after, 9)),
            "asked": numbers(orders.asked_extension([community])),
            "children": numbers(orders.children(fifth.id)),
            "check": numbers(orders.to_check(0, 2)),
            "resolved": numbers(orders.resolved_before(clock.at, 9)),
            "drafts": numbers(orders.drafts_before(clock.at, 9)),
            "named": numbers(orders.drafts(["4", "1", "9"])),
        }

    assert await database.read(answers) == {
        "of": ["4", "1"],
        "running": ["1"],
        "followed": ["2"],
        "owned": ["1", "2"],
        "desk": ["3"],
        "similar": ["1", "3", "6"],
        "anywhere": ["1", "2", "3", "6"],
        "too old": [],
        "asked": ["6"],
        "children": ["6"],
        "check": ["1", "2"],
        "resolved": ["5"],
        "drafts": ["4"],
        "named": ["1", "4"],
    }
    counts = await database.read(lambda tx: tx.orders.counts([community], before, after))
    assert counts[community][Status.ASSIGNED] == 2


async def test_what_was_reported_in_a_chat_is_found_even_after_it_moved(
    database: Database, clock: Clock
) -> None:
    old, new = (Address(channel="telegram", chat=chat) for chat in ("-1", "-2"))
    await database.run(lambda tx: running(tx, NUMBER, reported_in=old))
    await database.run(lambda tx: tx.orders.move(old, new))
    since = clock.at - timedelta(hours=1)
    assert await database.read(lambda tx: tx.orders.reported_in(old, since, 9)) == ()
    (found,) = await database.read(lambda tx: tx.orders.reported_in(new, since, 9))
    assert found.reported_in == new


async def test_an_untold_order_stands_out_until_somebody_changes_it(database: Database) -> None:
    order = await database.run(lambda tx: running(tx, NUMBER))
    await database.run(lambda tx: tx.orders.mark_untold(NUMBER))
    assert numbers(await database.read(lambda tx: tx.orders.untold())) == [NUMBER]
    await database.run(lambda tx: tx.orders.save(order))
    assert await database.read(lambda tx: tx.orders.untold()) == ()
