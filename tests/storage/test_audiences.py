"""An audience means exactly those it names, each by the chat that reaches them, chunk by chunk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.audiences import (
    Addressee,
    AudienceOfNobody,
    AudienceQuery,
    Membership,
    Part,
    Reach,
    as_plain,
    from_plain,
    groups_in,
    lies_within,
    one_of_parts,
    people_in,
    these_people,
)
from domain.messages import Address
from domain.people import Post, Role
from storage.database import Database
from storage.transaction import Transaction
from tests.storage.conftest import Clock
from tests.storage.values import said, said_in_group

PARTY = "党员"


def settle(tx: Transaction) -> dict[str, int]:
    """Five people: two in the first grid, one of them in the party, one in both grids, a grid
    leader, and somebody in the other community.
    """
    unit = {one.code: one.id for one in tx.org}
    people = {}
    for number, name in enumerate(("wang", "li", "zhao", "leader", "far")):
        person, _ = tx.people.arrive(said("你好", key=f"k{number}", account=name))
        people[name] = person.id
    for name, code, tag in (
        ("wang", "grid1", ""),
        ("wang", "grid1", PARTY),
        ("li", "grid1", ""),
        ("zhao", "grid1", ""),
        ("zhao", "grid2", PARTY),
        ("far", "other", ""),
    ):
        tx.audiences.join(people[name], unit[code], tag)
    tx.people.grant(people["leader"], Post(unit=unit["grid1"], role=Role.GRID_LEADER))
    for chat, code in (("-1", "grid1"), ("-2", "wutong"), ("-3", "other")):
        group = said_in_group("大家好", key=f"g{chat}", account="wang", chat=chat)
        tx.chats.seen(group)
        tx.chats.bind(group.address, unit[code])
    return people | unit


async def whom(database: Database, query: AudienceQuery, *, many: int = 500) -> list[Addressee]:
    """The whole audience, in chunks of so many."""

    def look(tx: Transaction) -> list[Addressee]:
        found: list[Addressee] = []
        cursor: str | None = ""
        while cursor is not None:
            chunk = tx.audiences.expand(query, cursor, many=many)
            found += chunk.addressees
            cursor = chunk.following
        return found

    return await database.read(look)


async def people_of(database: Database, *parts: Part, but: tuple[Part, ...] = ()) -> set[int]:
    found = await whom(database, AudienceQuery(parts=parts, but=but))
    return {one.person for one in found if one.person is not None}


async def test_a_unit_means_everybody_within_it(database: Database) -> None:
    known = await database.run(settle)
    wutong = people_in(known["wutong"])
    assert await people_of(database, wutong) == {known["wang"], known["li"], known["zhao"]}
    assert await people_of(database, people_in(known["grid2"])) == {known["zhao"]}


async def test_tags_posts_and_names_narrow_it(database: Database) -> None:
    known = await database.run(settle)
    party = people_in(known["wutong"], tags=(PARTY,))
    assert await people_of(database, party) == {known["wang"], known["zhao"]}
    leaders = people_in(known["street"], roles=(Role.GRID_LEADER,))
    assert await people_of(database, leaders) == {known["leader"]}
    named = Part(units=(known["grid1"],), people=(known["li"], known["far"]))
    assert await people_of(database, named) == {known["li"]}
    alone = these_people((known["far"], known["far"]))
    assert await people_of(database, alone) == {known["far"]}


async def test_parts_add_up_and_what_is_taken_out_is_out(database: Database) -> None:
    known = await database.run(settle)
    both = (people_in(known["wutong"]), people_in(known["other"]))
    out = (people_in(known["wutong"], tags=(PARTY,)),)
    assert await people_of(database, *both, but=out) == {known["li"], known["far"]}
    leaders = people_in(known["wutong"], roles=(Role.GRID_LEADER,))
    assert await people_of(database, leaders, but=(leaders,)) == set()


async def test_groups_are_those_bound_within(database: Database) -> None:
    known = await database.run(settle)
    await database.run(lambda tx: tx.chats.deactivate(Address(channel="telegram", chat="-1")))
    every = AudienceQuery(parts=(groups_in(known["street"]),))
    assert {one.chat for one in await whom(database, every)} == {"-2", "-3"}
    without = every.without(groups_in(known["other"]))
    assert {one.chat for one in await whom(database, without)} == {"-2"}
    named = Part(reach=Reach.GROUPS, chats=(Address(channel="telegram", chat="-3"),))
    found = await whom(database, AudienceQuery(parts=(named,)))
    assert [one.unit for one in found] == [known["other"]]


@pytest.mark.parametrize("many", [1, 2, 3, 500])
async def test_chunks_of_any_size_say_the_same(database: Database, many: int) -> None:
    known = await database.run(settle)
    query = AudienceQuery(parts=(people_in(known["street"]), groups_in(known["street"])))
    found = await whom(database, query, many=many)
    assert set(found) == set(await whom(database, query))
    assert len([one for one in found if one.person == known["zhao"]]) == 2  # of two units


async def test_who_left_blocked_us_or_wants_peace_is_left_out_and_counted(
    database: Database, clock: Clock
) -> None:
    known = await database.run(settle)
    await database.run(lambda tx: tx.people.set_wishes(known["wang"], quiet=True, withdrew=False))
    await database.run(lambda tx: tx.people.mark_unreachable(Address(channel="web", chat="li")))
    await database.run(lambda tx: tx.people.erase(known["zhao"]))
    query = AudienceQuery(parts=(people_in(known["wutong"]),))
    count = await database.read(lambda tx: tx.audiences.count(query))
    assert (count.total, count.left_out, count.more) == (0, 2, False)
    danger = AudienceQuery(parts=query.parts, disturbs=True)
    assert [one.person for one in await whom(database, danger)] == [known["wang"]]


async def test_a_person_is_reached_by_the_chat_heard_from_last(
    database: Database, clock: Clock
) -> None:
    known = await database.run(settle)
    clock.at += timedelta(hours=1)

    def moves(tx: Transaction) -> None:
        other, _ = tx.people.arrive(said("在", key="t", account="9", channel="telegram"))
        tx.people.merge(keep=known["li"], drop=other.id)

    await database.run(moves)
    found = await whom(database, AudienceQuery(parts=(these_people((known["li"],)),)))
    assert [one.channel for one in found] == ["telegram"]
    address = await database.read(lambda tx: tx.audiences.address(found[0]))
    assert address == Address(channel="telegram", chat="9")


async def test_counting_stops_where_it_is_told(database: Database) -> None:
    known = await database.run(settle)
    query = AudienceQuery(parts=(people_in(known["street"]), groups_in(known["street"])))
    count = await database.read(lambda tx: tx.audiences.count(query))
    assert (dict(count.people), dict(count.groups)) == ({"web": 4}, {"telegram": 3})
    assert not count.more


async def test_where_one_belonged_the_one_they_are_merged_into_does(database: Database) -> None:
    known = await database.run(settle)
    await database.run(lambda tx: tx.people.merge(keep=known["wang"], drop=known["zhao"]))
    belongs = await database.read(lambda tx: tx.audiences.of_person(known["wang"]))
    assert set(belongs) == {
        Membership(person=known["wang"], unit=known["grid1"]),
        Membership(person=known["wang"], unit=known["grid1"], tag=PARTY),
        Membership(person=known["wang"], unit=known["grid2"], tag=PARTY),
    }


async def test_an_audience_is_kept_and_read_again(database: Database) -> None:
    known = await database.run(settle)
    query = AudienceQuery(
        parts=(
            people_in(known["grid1"], tags=(PARTY,), roles=(Role.DUTY,)),
            these_people((1, 2)),
            Part(reach=Reach.GROUPS, chats=(Address(channel="web", chat="g"),)),
        ),
        but=(groups_in(known["other"]),),
        disturbs=True,
    )
    assert from_plain(as_plain(query)) == query


async def test_rights_are_asked_of_every_part(database: Database) -> None:
    known = await database.run(settle)
    org = database.catalogue.org
    mine = (known["wutong"],)
    assert lies_within(AudienceQuery(parts=(people_in(known["grid1"]),)), mine, org)
    wide = AudienceQuery(parts=(people_in(known["grid1"]), people_in(known["street"])))
    assert not lies_within(wide, mine, org)
    assert not lies_within(AudienceQuery(parts=(these_people((1,)),)), mine, org)
    with pytest.raises(AudienceOfNobody):
        one_of_parts(Part(), these_people(()))
