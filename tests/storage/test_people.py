"""People, their accounts and posts; what is left of them once they are erased."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.messages import Address, AttachmentKind, InboundKind
from domain.orders import EventKind
from domain.people import Delegation, Post, Role
from domain.places import OrderPlace
from storage.database import Database
from storage.transaction import Transaction
from tests.storage.conftest import START, Clock
from tests.storage.values import draft, outgoing, said, said_in_group

HELLO = said("你好", key="1")
CANARIES = (
    "金丝雀甲",
    "13812345678",
    "account-canary",
    "楼道灯canary",
    "room-canary",
    "spot-canary",
)


def leader(tx: Transaction, name: str, *, grid: str = "grid1") -> int:
    person = tx.people.add(name)
    tx.people.grant(person.id, Post(unit=tx.org.coded(grid).id, role=Role.GRID_LEADER))
    return person.id


def the_post(tx: Transaction) -> Post:
    return Post(unit=tx.org.coded("grid1").id, role=Role.GRID_LEADER)


async def test_many_first_words_at_once_make_one_person(database: Database) -> None:
    heard = [replace(HELLO, key=str(turn)) for turn in range(20)]
    arrivals = (database.run(lambda tx, one=one: tx.people.arrive(one)) for one in heard)
    people = {person.id for person, _ in await asyncio.gather(*arrivals)}
    assert len(people) == 1


async def test_a_private_word_opens_the_private_chat(database: Database) -> None:
    _, before = await database.run(lambda tx: tx.people.arrive(said_in_group("早", key="1")))
    private = said("你好", key="2", channel="telegram", chat="77")
    _, after = await database.run(lambda tx: tx.people.arrive(private))
    assert (before.private_chat, before.reachable) == ("", False)
    assert (after.private_chat, after.reachable, after.id) == ("77", True, before.id)


async def test_a_blocked_chat_is_not_used_until_they_write_again(database: Database) -> None:
    person, _ = await database.run(lambda tx: tx.people.arrive(HELLO))
    assert await database.run(lambda tx: tx.people.mark_unreachable(HELLO.address))
    removed = replace(HELLO, kind=InboundKind.BOT_REMOVED, key="2")
    _, contact = await database.run(lambda tx: tx.people.arrive(removed))
    assert not contact.reachable
    await database.run(lambda tx: tx.people.arrive(replace(HELLO, key="3")))
    (contact,) = await database.read(lambda tx: tx.people.contacts(person.id))
    assert contact.reachable


async def test_the_account_heard_from_last_comes_first(database: Database, clock: Clock) -> None:
    person, _ = await database.run(lambda tx: tx.people.arrive(HELLO))
    await database.run(lambda tx: tx.people.reached_by(person.id, "telegram", "77"))
    clock.pass_time(minutes=1)
    await database.run(lambda tx: tx.people.arrive(replace(HELLO, key="2")))
    contacts = await database.read(lambda tx: tx.people.contacts(person.id))
    assert [contact.channel for contact in contacts] == ["web", "telegram"]


async def test_a_post_is_held_from_its_start_to_its_end(database: Database, clock: Clock) -> None:
    person = await database.run(lambda tx: leader(tx, "赵强"))
    clock.pass_time(days=1)
    assert await database.run(lambda tx: tx.people.end_grant(person, the_post(tx), tx.now))

    def held(tx: Transaction, hours: int) -> bool:
        at = START + timedelta(hours=hours)
        return bool(tx.people.posts_of(person, at)) and bool(tx.people.holders(the_post(tx), at))

    assert [await database.read(lambda tx, h=h: held(tx, h)) for h in (-1, 0, 23, 24)] == [
        False,
        True,
        True,
        False,
    ]


async def test_a_deputy_holds_the_posts_while_it_lasts(database: Database) -> None:
    def stand_in(tx: Transaction) -> tuple[int, int]:
        absent, deputy = leader(tx, "赵强"), tx.people.add("小李").id
        until = tx.now + timedelta(days=3)
        tx.people.delegate(Delegation(person=absent, deputy=deputy, start=tx.now, end=until))
        return absent, deputy

    absent, deputy = await database.run(stand_in)

    def acting(tx: Transaction, days: int) -> tuple[list[int], bool]:
        at = tx.now + timedelta(days=days)
        holders = [person.id for person in tx.people.holders(the_post(tx), at)]
        return holders, tx.people.actor(deputy, at).is_staff

    assert await database.read(lambda tx: acting(tx, 1)) == ([deputy], True)
    assert await database.read(lambda tx: acting(tx, 3)) == ([absent], False)
    assert await database.run(lambda tx: tx.people.end_delegation(absent, tx.now))
    assert await database.read(lambda tx: acting(tx, 1)) == ([absent], False)


async def test_two_who_stand_in_for_each_other_leave_nobody_out(database: Database) -> None:
    def swap(tx: Transaction) -> int:
        one, other = leader(tx, "赵强"), tx.people.add("小李").id
        for person, deputy in ((one, other), (other, one)):
            until = tx.now + timedelta(days=1)
            tx.people.delegate(Delegation(person=person, deputy=deputy, start=tx.now, end=until))
        return one

    one = await database.run(swap)
    holders = await database.read(lambda tx: tx.people.holders(the_post(tx), tx.now))
    assert [person.id for person in holders] == [one]


@pytest.mark.parametrize("name", ["赵强", "小赵", "赵师傅", "老赵", "赵网格长"])
async def test_staff_are_found_by_what_people_call_them(database: Database, name: str) -> None:
    person = await database.run(lambda tx: leader(tx, "赵强"))
    await database.run(lambda tx: leader(tx, "李静", grid="grid2"))

    def found(tx: Transaction, within: str) -> list[int]:
        return [one.id for one in tx.people.staff_named(name, tx.org.coded(within).id)]

    assert await database.read(lambda tx: found(tx, "wutong")) == [person]
    assert await database.read(lambda tx: found(tx, "other")) == []


async def test_importing_again_changes_posts_and_keeps_the_person(database: Database) -> None:
    def row(role: str, name: str) -> dict[str, object]:
        return {
            "code": "p1",
            "name": name,
            "phone": "13900000000",
            "roles": [("grid1", role)],
            "account": "zhao",
            "channel": "web",
        }

    await database.run(lambda tx: tx.tables.replace("people", [row("grid_leader", "赵强")]))
    before = await database.read(lambda tx: tx.people.coded("p1"))
    await database.run(lambda tx: tx.tables.replace("people", [row("grid_worker", "赵强强")]))
    (found,) = await database.read(lambda tx: tx.people.with_phone("13900000000"))
    assert (found.id, found.name) == (before, "赵强强")
    posts = await database.read(lambda tx: tx.people.posts_of(found.id, tx.now))
    assert {post.role for post in posts} == {Role.GRID_WORKER}
    known = await database.read(lambda tx: tx.people.of_account("web", "zhao"))
    assert known is not None
    assert known[1].private_chat == "zhao"


def a_whole_life(tx: Transaction) -> int:
    """Everything personal there is of one person, in every table."""
    name, phone, account, words, room, spot = CANARIES
    heard = said(words, key="c1", account=account, name=name)
    tx.inbox.accept(heard, owner="a")
    rows = tx.inbox.begin(heard.conversation, owner="a")
    person, contact = tx.people.arrive(heard)
    tx.people.rename(person.id, name)
    tx.people.imported("c1", name=name, phone=phone)
    conversation = tx.conversations.lock(heard, person=person.id)
    tx.conversations.save(replace(conversation, memory={"words": words}))
    place = OrderPlace(building="3", room=room, spot=spot)
    order = draft(
        tx, "0621482135", text=words, place=place, reporter=person.id, reported_in=heard.address
    )
    order = tx.orders.save(
        order.with_event(EventKind.SUPPLEMENTED, tx.now, person=person.id, text=words)
    )
    tx.outbox.add(
        outgoing(words, chat=account), person=person.id, phrase="p", values={"text": words}
    )
    photo = words.encode()
    tx.attachments.put(person.id, AttachmentKind.PHOTO, "image/png", photo, channel="web")
    content = {"text": words}
    tx.transcripts.add(heard.address, direction="in", content=content, at=tx.now, person=person.id)
    tx.inbox.finish(rows)
    assert contact.account == account
    return person.id


async def test_an_erased_person_leaves_countable_orders_and_no_words(database: Database) -> None:
    person = await database.run(a_whole_life)
    await database.run(lambda tx: tx.people.erase(person))
    found = await database.read(lambda tx: tx.people.get(person))
    assert found is not None
    assert (found.name, found.erased) == ("", True)
    order = await database.read(lambda tx: tx.orders.get("0621482135"))
    assert order is not None
    assert (order.text, order.reporter, order.reported_in) == ("", None, None)
    assert order.place == OrderPlace(building="3")
    assert [event.text for event in order.history] == [""]
    assert await database.run(lambda tx: tx.outbox.claim("web", token="t", limit=9)) == ()
    assert (
        await database.read(
            lambda tx: tx.transcripts.since(Address(channel="web", chat=CANARIES[2]), 0, 9)
        )
        == ()
    )


async def test_whoever_comes_back_after_being_erased_is_somebody_new(database: Database) -> None:
    person = await database.run(a_whole_life)
    await database.run(lambda tx: tx.people.erase(person))
    again, _ = await database.run(
        lambda tx: tx.people.arrive(said("你好", key="2", account=CANARIES[2]))
    )
    assert again.id != person


async def test_the_last_word_to_an_erased_person_still_goes_out(database: Database) -> None:
    person = await database.run(a_whole_life)

    def erase_and_say(tx: Transaction) -> None:
        heard = said("删除我", key="9", account=CANARIES[2])
        conversation = tx.conversations.lock(heard, person=person)
        tx.people.erase(person)
        tx.outbox.add(
            outgoing("已删除", chat=CANARIES[2]), person=person, phrase="gone", values={}
        )
        tx.conversations.save(conversation)

    await database.run(erase_and_say)
    (row,) = await database.run(lambda tx: tx.outbox.claim("web", token="t", limit=9))
    assert row.outbound.text == "已删除"


async def test_no_byte_of_an_erased_person_is_left_in_the_files(
    database_url: str, database: Database
) -> None:
    person = await database.run(a_whole_life)
    await database.run(lambda tx: tx.people.erase(person))
    if database_url.startswith("sqlite"):
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        everything = b"".join(file.read_bytes() for file in folder.iterdir())
        assert [one for one in CANARIES if one.encode() in everything] == []
    wrapped = await database.read(lambda tx: tx.vault.is_destroyed(tx.people.key_of(person)))
    assert wrapped


async def test_two_accounts_of_one_person_become_one(database: Database) -> None:
    drop = await database.run(a_whole_life)
    keep, _ = await database.run(lambda tx: tx.people.arrive(HELLO))
    await database.run(lambda tx: tx.people.merge(keep.id, drop))
    orders = await database.read(lambda tx: tx.orders.of_reporter(keep.id, False, 9))
    assert [order.text for order in orders] == [CANARIES[3]]
    assert len(await database.read(lambda tx: tx.people.contacts(keep.id))) == 2
    found = await database.read(lambda tx: tx.people.get(drop))
    assert found is not None
    assert found.id == keep.id
    await database.run(lambda tx: tx.people.erase(keep.id))
    order = await database.read(lambda tx: tx.orders.get("0621482135"))
    assert order is not None
    assert order.text == ""


async def test_a_person_gets_everything_kept_about_them(database: Database) -> None:
    person = await database.run(a_whole_life)
    exported = await database.read(lambda tx: tx.people.export(person))
    assert exported["contacts"][0]["account"] == CANARIES[2]
    assert exported["work_orders"][0]["text"] == CANARIES[3]
    assert exported["told"][0]["text"] == CANARIES[3]
