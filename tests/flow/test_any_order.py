"""The steps of a matter arrive in any order: all are handled, nothing is opened twice."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest

from domain.messages import Inbound, InboundKind
from storage.keyring import Keyring
from tests.databases import NewDatabase
from tests.flow.means import unfinished
from tests.town import Town, built_town

SAMPLE = 60  # of the 5,040 orders
STEPS = 7
LIGHTS = "0402"


def story(town: Town, who: str, building: int) -> list[Inbound]:
    """A report, its edit, a photo, an addition, a press of an old button, a rating, a goodbye."""
    first = town.inbound(who, f"{building}栋2单元楼道灯不亮了")
    edit = replace(
        first,
        key=f"{first.key}-edit",
        kind=InboundKind.EDIT,
        text=f"{building}栋2单元楼道灯一闪一闪，不亮了",
        order=first.order + 1,
    )
    return [
        first,
        edit,
        town.inbound(who, "", photo=True),
        town.inbound(who, "就在二楼"),
        town.inbound(who, "", kind=InboundKind.PRESS, press="long gone"),
        town.inbound(who, "5"),
        town.inbound(who, "谢谢"),
    ]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_every_order_is_handled_to_the_end(
    new_database_url: NewDatabase, keyring: Keyring, kind: str
) -> None:
    dice = random.Random(11)
    orders = dice.sample(
        list(permutations(range(STEPS))), SAMPLE // (1 if kind == "sqlite" else 4)
    )
    with new_database_url(kind) as url:
        async with built_town(url, keyring, strict=False) as town:
            for number, order in enumerate(orders):
                who = f"住户{number}"
                steps = story(town, who, number % 24 + 1)
                for one in order:
                    await town.hears(steps[one], wait=False)
                await town.wait_for_more()
                assert await unfinished(town) == 0
                assert await town.read(lambda tx: tx.inbox.dead_letters()) == ()
                about_the_light = [
                    opened
                    for opened in await town.orders(who, running=True)
                    if opened.category == LIGHTS
                ]
                assert len(about_the_light) <= 1  # none where it follows a neighbour's


async def test_all_at_once_in_any_order_is_as_in_the_right_one(
    new_database_url: NewDatabase, keyring: Keyring
) -> None:
    """What waits together is handled as it was said, however it arrived."""
    dice = random.Random(5)
    ends = set()
    with new_database_url("sqlite") as url:
        async with built_town(url, keyring, strict=False) as town:
            for number in range(12):
                who = f"住户{number}"
                steps = story(town, who, number + 1)
                await town.hears(*dice.sample(steps, STEPS))
                (order,) = await town.orders(who)
                ends.add((order.status, len(await town.photos(order.number))))
    assert len(ends) == 1
