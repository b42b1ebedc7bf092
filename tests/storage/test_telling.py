"""Who hears of a decision, where, and in whose words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.changes import (
    FOLLOWERS,
    OWNER,
    REPORTER,
    Asking,
    AuditEntry,
    Change,
    Notice,
    Recipient,
    above,
    to_person,
)
from domain.messages import Choice, Lane
from domain.orders import EventKind, Status, WorkOrder
from domain.people import Delegation, Post, Role
from domain.places import OrderPlace
from storage.database import Database
from storage.transaction import Conflict, Transaction
from tests.storage.values import draft, said, said_in_group

NUMBER = "0621482135"
ACCEPT = Asking(step="card.answer", choices=(Choice(value="accept", label="接单"),))


def resident(tx: Transaction, account: str, **other: Any) -> int:
    person, _ = tx.people.arrive(said("你好", key=account, account=account, **other))
    return person.id


def staff(tx: Transaction, name: str, unit: str, role: Role, *, reached: bool = True) -> int:
    person = tx.people.add(name).id
    tx.people.grant(person, Post(unit=tx.org.coded(unit).id, role=role))
    if reached:
        tx.people.reached_by(person, "web", name)
    return person


def assigned(tx: Transaction, **other: Any) -> WorkOrder:
    grid = tx.org.coded("grid1").id
    values: dict[str, Any] = {
        "status": Status.ASSIGNED,
        "owner": Post(unit=grid, role=Role.GRID_LEADER),
        "grid": grid,
        "place": OrderPlace(estate="梧桐苑", building="3", room="501"),
    }
    return draft(tx, NUMBER, **{**values, **other})


def notice(to: Recipient, phrase: str = "told", **other: Any) -> Notice:
    return Notice(to=to, phrase=phrase, number=NUMBER, **other)


async def heard(database: Database, channel: str = "web") -> Mapping[str, str]:
    """What everybody's chat shows, by chat."""
    rows = await database.run(lambda tx: tx.outbox.claim(channel, token="t", limit=50))
    return {row.outbound.address.chat: row.outbound.text for row in rows}


async def test_the_reporter_is_told_in_the_private_chat_it_was_reported_in(
    database: Database,
) -> None:
    def record(tx: Transaction) -> None:
        wang = resident(tx, "wang")
        tx.people.reached_by(wang, "web", "newer")
        address = said("", key="").address
        order = assigned(tx, reporter=wang, reported_in=address)
        tx.record(Change(orders=(order,), notices=(notice(REPORTER),)), by=None)

    await database.run(record)
    assert await heard(database) == {"wang": f"told private zh {NUMBER} 梧桐苑3栋501室 楼道灯不亮"}


async def test_what_was_reported_in_a_group_is_told_in_private_where_that_is_open(
    database: Database,
) -> None:
    group = said_in_group("灯坏了", key="g")

    def record(tx: Transaction) -> None:
        person, _ = tx.people.arrive(group)
        tx.chats.seen(group)
        tx.people.reached_by(person.id, "web", "wang")
        order = assigned(tx, reporter=person.id, reported_in=group.address)
        tx.record(Change(orders=(order,), notices=(notice(REPORTER),)), by=None)

    await database.run(record)
    assert await heard(database, "telegram") == {}
    assert list(await heard(database)) == ["wang"]


async def test_without_a_private_chat_the_group_gets_a_neutral_line_and_a_link(
    database: Database,
) -> None:
    group = said_in_group("灯坏了", key="g")

    def record(tx: Transaction) -> int:
        person, _ = tx.people.arrive(group)
        order = assigned(tx, reporter=person.id, reported_in=group.address)
        tx.record(Change(orders=(order,), notices=(notice(REPORTER, photos=(3,)),)), by=None)
        return person.id

    person = await database.run(record)
    (row,) = await database.run(lambda tx: tx.outbox.claim("telegram", token="t", limit=5))
    assert row.outbound.text == f"told group zh {NUMBER} 梧桐苑3栋"
    assert row.outbound.photos == ()
    payload = await database.run(lambda tx: tx.codes.redeem(row.outbound.link, "start"))
    assert payload is not None
    assert (payload["person"], payload["number"]) == (person, NUMBER)


async def test_followers_hear_in_private_without_room_or_words(database: Database) -> None:
    def record(tx: Transaction) -> None:
        li = resident(tx, "li")
        unheard, _ = tx.people.arrive(said_in_group("+1", key="g", account="zhou"))
        order = assigned(tx, reporter=resident(tx, "wang"), followers=(li, unheard.id))
        tx.record(Change(orders=(order,), notices=(notice(FOLLOWERS),)), by=None)

    await database.run(record)
    assert await heard(database) == {"li": f"told private zh {NUMBER} 梧桐苑3栋"}
    assert await heard(database, "telegram") == {}


async def test_the_owner_is_asked_with_buttons_bound_to_the_order(database: Database) -> None:
    def record(tx: Transaction) -> int:
        person = staff(tx, "赵强", "grid1", Role.GRID_LEADER)
        change = Change(orders=(assigned(tx),), notices=(notice(OWNER, asking=ACCEPT),))
        tx.record(change, by=None)
        return person

    person = await database.run(record)
    (row,) = await database.run(lambda tx: tx.outbox.claim("web", token="t", limit=5))
    (button,) = row.outbound.buttons
    found = await database.read(lambda tx: tx.questions.pressed(button.token))
    assert found is not None
    question, value = found
    assert value == "accept"
    assert (question.person, question.number, question.version) == (person, NUMBER, 0)
    assert row.kind is Lane.STAFF


async def test_a_deputy_is_told_instead_of_who_is_away(database: Database) -> None:
    def record(tx: Transaction) -> None:
        away = staff(tx, "赵强", "grid1", Role.GRID_LEADER)
        deputy = resident(tx, "deputy")
        end = tx.now + timedelta(days=1)
        tx.people.delegate(Delegation(person=away, deputy=deputy, start=tx.now, end=end))
        tx.record(Change(orders=(assigned(tx),), notices=(notice(OWNER),)), by=None)

    await database.run(record)
    assert list(await heard(database)) == ["deputy"]


@pytest.mark.parametrize("why", ["nobody holds it", "not reachable", "accused"])
async def test_when_a_post_cannot_be_told_the_next_one_above_is(
    database: Database, why: str
) -> None:
    def record(tx: Transaction) -> None:
        leader = None
        if why != "nobody holds it":
            reached = why != "not reachable"
            leader = staff(tx, "赵强", "grid1", Role.GRID_LEADER, reached=reached)
        accused = frozenset({leader}) if why == "accused" and leader else frozenset[int]()
        staff(tx, "值班", "wutong", Role.DUTY)
        staff(tx, "书记", "wutong", Role.SECRETARY)
        order = assigned(tx, accused=accused)
        tx.record(Change(orders=(order,), notices=(notice(OWNER),)), by=None)

    await database.run(record)
    # A complaint about staff starts no lower than the secretary.
    assert list(await heard(database)) == ["书记" if why == "accused" else "值班"]
    audit = await database.read(lambda tx: tx.audit.of(f"order:{NUMBER}"))
    assert audit[0].entry.action == "post.unreachable"


async def test_an_order_nobody_could_be_told_of_stays_visible(database: Database) -> None:
    await database.run(
        lambda tx: tx.record(Change(orders=(assigned(tx),), notices=(notice(OWNER),)), by=None)
    )
    (order,) = await database.read(lambda tx: tx.orders.untold())
    assert order.number == NUMBER


async def test_above_the_top_is_the_top(database: Database) -> None:
    def record(tx: Transaction) -> None:
        staff(tx, "街道", "street", Role.STREET_LEADER)
        order = assigned(tx)
        tx.record(Change(orders=(order,), notices=(notice(above(9)),)), by=None)

    await database.run(record)
    assert list(await heard(database)) == ["街道"]


async def test_nobody_hears_of_their_own_act_nor_the_same_twice(database: Database) -> None:
    def record(tx: Transaction) -> None:
        leader = staff(tx, "赵强", "grid1", Role.GRID_LEADER)
        other = staff(tx, "李静", "grid1", Role.GRID_LEADER)
        notices = (notice(OWNER), notice(to_person(other)), notice(to_person(leader)))
        tx.record(Change(orders=(assigned(tx),), notices=notices), by=leader)

    await database.run(record)
    assert list(await heard(database)) == ["李静"]


async def test_a_decision_on_an_old_version_changes_and_tells_nothing(
    database: Database,
) -> None:
    def prepare(tx: Transaction) -> WorkOrder:
        staff(tx, "赵强", "grid1", Role.GRID_LEADER)
        return tx.record(Change(orders=(assigned(tx),)), by=None)[NUMBER]

    order = await database.run(prepare)
    change = Change(
        orders=(order.with_event(EventKind.URGED, order.created_at),),
        notices=(notice(OWNER),),
        audit=(AuditEntry(action="order.urged", subject=f"order:{NUMBER}"),),
    )
    await database.run(lambda tx: tx.record(change, by=None))
    assert len(await heard(database)) == 1
    with pytest.raises(Conflict):
        await database.run(lambda tx: tx.record(change, by=None))
    assert await heard(database) == {}
    assert len(await database.read(lambda tx: tx.audit.of(f"order:{NUMBER}"))) == 1


async def test_a_private_answer_to_a_group_leaves_the_group(database: Database) -> None:
    group = said_in_group("我的进度", key="g")

    def answer(tx: Transaction, account: str) -> int:
        heard_there = replace(group, account=account)
        person, _ = tx.people.arrive(heard_there)
        conversation = tx.conversations.lock(heard_there, person=person.id)
        return tx.answer(
            conversation,
            "progress.list",
            {},
            person=person,
            asking=ACCEPT,
            number="",
            lane=Lane.DIALOGUE,
            private=True,
            photos=(),
            reply_to="5",
        )

    def open_private_chat(tx: Transaction) -> None:
        known = tx.people.of_account("telegram", "li")
        assert known is not None
        tx.people.reached_by(known[0].id, "web", "li")

    await database.run(lambda tx: answer(tx, "wang"))
    (row,) = await database.run(lambda tx: tx.outbox.claim("telegram", token="t", limit=5))
    assert (row.outbound.text, row.outbound.buttons) == ("progress.list group zh", ())
    assert row.outbound.link
    await database.run(lambda tx: tx.people.arrive(replace(group, account="li")))
    await database.run(open_private_chat)
    await database.run(lambda tx: answer(tx, "li"))
    (row,) = await database.run(lambda tx: tx.outbox.claim("web", token="t", limit=5))
    assert (row.outbound.text, row.outbound.reply_to) == ("progress.list private zh", "")
    assert row.outbound.buttons
