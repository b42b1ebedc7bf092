"""A group that moved to a new name and back was looked for in a circle, and nothing else handled.

Found by the rig: after some 80,000 strange updates one moved a group where another came from.
"""

from __future__ import annotations

from itertools import permutations

from domain.messages import Address
from storage.transaction import Transaction
from tests.town import Town

MOVES = (("a", "b"), ("b", "c"), ("c", "a"), ("b", "a"))


def group(name: str) -> Address:
    return Address(channel="web", chat=f"group:{name}")


async def test_a_group_that_moved_there_and_back_is_where_it_was(town: Town) -> None:
    await town.hears(town.inbound("王阿姨", "大家好", chat=group("a").chat))

    def there_and_back(tx: Transaction) -> None:
        tx.chats.bind(group("a"), tx.org.coded("C01").id)
        tx.chats.migrate(group("a"), group("b"))
        tx.chats.migrate(group("b"), group("a"))

    await town.database.run(there_and_back)
    for name in ("a", "b"):
        chat = await town.read(lambda tx, name=name: tx.chats.get(group(name)))
        assert chat is not None
        assert chat.address == group("a")
        assert chat.unit is not None
    assert await town.says("王阿姨", "3号楼2单元电梯坏了", chat=group("a").chat, at=True) != []


async def test_however_groups_move_each_name_leads_to_a_group(town: Town) -> None:
    for number, moves in enumerate(permutations(MOVES)):
        await town.hears(town.inbound("王阿姨", "大家好", chat=group(f"{number}a").chat))

        def move_all(tx: Transaction, number: int = number, moves: object = moves) -> None:
            for old, new in moves:  # type: ignore[attr-defined]
                tx.chats.migrate(group(f"{number}{old}"), group(f"{number}{new}"))

        await town.database.run(move_all)
        for name in "abc":
            home = await town.read(
                lambda tx, name=name, number=number: tx.chats.get(group(f"{number}{name}"))
            )
            assert home is None or home == await town.read(
                lambda tx, home=home: tx.chats.get(home.address)
            )


async def test_a_group_that_moved_to_nowhere_is_still_handled(town: Town) -> None:
    await town.hears(town.inbound("王阿姨", "大家好", chat=group("a").chat))
    nowhere = Address(channel="web", chat="")
    await town.database.run(lambda tx: tx.chats.migrate(group("a"), nowhere))
    assert await town.says("王阿姨", "3号楼2单元电梯坏了", chat=group("a").chat, at=True) != []
