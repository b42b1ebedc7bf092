"""A conversation is one lock and one version; the first contact is made once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from domain.messages import Address, Inbound
from domain.places import OrderPlace
from storage.database import Database
from storage.transaction import Conflict, Transaction
from tests.storage.values import said, said_in_group

HELLO = said("你好", key="1")


def arrive(tx: Transaction, inbound: Inbound = HELLO) -> int:
    person, _ = tx.people.arrive(inbound)
    return person.id


def count_a_turn(tx: Transaction) -> None:
    """What a handler does: lock, look, change, save."""
    conversation = tx.conversations.lock(HELLO, person=arrive(tx))
    tx.conversations.save(replace(conversation, misses=conversation.misses + 1))


async def test_first_contact_at_the_same_instant_makes_one_person_and_loses_no_turn(
    database: Database,
) -> None:
    await asyncio.gather(*(database.run(count_a_turn) for _ in range(40)))
    conversation = await database.read(lambda tx: tx.conversations.get(HELLO.conversation))
    assert conversation is not None
    assert (conversation.misses, conversation.version) == (40, 40)


async def test_everything_remembered_comes_back(database: Database) -> None:
    def remember(tx: Transaction) -> None:
        fresh = tx.conversations.lock(HELLO, person=arrive(tx))
        tx.conversations.save(
            replace(
                fresh,
                drafts=("0621482135",),
                focus="0621482135",
                last_place=OrderPlace(building="3", room="501"),
                memory={"page": 2},
                greeted="2026-1",
            )
        )

    await database.run(remember)
    found = await database.read(lambda tx: tx.conversations.get(HELLO.conversation))
    assert found is not None
    assert found.key == HELLO.conversation
    assert found.drafts == ("0621482135",)
    assert found.last_place == OrderPlace(building="3", room="501")
    assert (found.memory, found.greeted) == ({"page": 2}, "2026-1")


async def test_a_lost_update_is_a_conflict(database: Database) -> None:
    await database.run(count_a_turn)
    old = await database.read(lambda tx: tx.conversations.get(HELLO.conversation))
    assert old is not None
    await database.run(count_a_turn)
    with pytest.raises(Conflict):
        await database.run(lambda tx: tx.conversations.save(old))


async def test_a_group_speaks_for_what_it_is_bound_to(database: Database) -> None:
    heard = said_in_group("你好", key="1")
    community = database.catalogue.org.coded("wutong").id

    def bind(tx: Transaction) -> int | None:
        tx.chats.seen(heard)
        tx.chats.bind(heard.address, community)
        chat = tx.chats.seen(heard)
        return tx.conversations.lock(heard, person=arrive(tx), community=chat.unit).community

    assert await database.run(bind) == community
    bound = await database.read(lambda tx: tx.chats.bound_to(tx.org.coded("street").id))
    assert [chat.title for chat in bound] == ["3 号楼"]


async def test_a_group_that_moved_is_found_under_both_names(database: Database) -> None:
    heard = said_in_group("你好", key="1")
    new = Address(channel="telegram", chat="-100200")

    def move(tx: Transaction) -> None:
        tx.chats.seen(heard)
        tx.chats.bind(heard.address, tx.org.coded("wutong").id)
        conversation = tx.conversations.lock(heard, person=arrive(tx))
        tx.conversations.save(replace(conversation, focus="0621482135"))
        tx.chats.migrate(heard.address, new)
        tx.chats.migrate(heard.address, new)

    await database.run(move)
    chat = await database.read(lambda tx: tx.chats.get(heard.address))
    assert chat is not None
    assert (chat.address, chat.active) == (new, True)
    assert chat.unit == database.catalogue.org.coded("wutong").id
    moved = replace(heard, chat=new.chat)
    found = await database.read(lambda tx: tx.conversations.get(moved.conversation))
    assert found is not None
    assert (found.focus, found.address) == ("0621482135", new)
