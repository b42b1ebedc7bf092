"""Nobody was there for hours: what was said meanwhile is answered with an excuse, and is no answer
to what was asked since.
"""

from __future__ import annotations

from datetime import timedelta

from domain.orders import Status
from tests.flow.means import LIGHT
from tests.town import Town

EXCUSE = "3 小时前发的"


def later(town: Town, **passed: float) -> None:
    """Time goes by and nobody is at work."""
    town.hands[0] += timedelta(**passed)


async def test_whatever_comes_late_is_answered_with_an_excuse(town: Town) -> None:
    asked = town.inbound("李叔", "查进度")
    later(town, hours=3)
    assert any(EXCUSE in line for line in await town.hears(asked))
    assert not any("小时前" in line for line in await town.says("李叔", "查进度"))


async def test_one_excuse_is_enough(town: Town) -> None:
    said = [town.inbound("李叔", f"{building}栋2单元楼道灯不亮了") for building in (3, 5, 6)]
    later(town, hours=3)
    answers = await town.hears(*said)
    assert sum(EXCUSE in line for line in answers) == 1
    assert len(await town.orders("李叔")) == 3


async def test_a_command_of_staff_that_comes_late_is_carried_out_and_said_to_be(
    town: Town,
) -> None:
    await town.says("王阿姨", LIGHT)
    await town.heard("小李")
    taken = town.inbound("小李", "接单")
    later(town, hours=3)
    assert any(EXCUSE in line for line in await town.hears(taken))
    (order,) = await town.orders("王阿姨")
    assert order.status is Status.ACCEPTED


async def test_words_are_no_answer_to_what_was_asked_after_them(town: Town) -> None:
    await town.says("王阿姨", LIGHT)
    await town.says("小李", "接单")
    one = town.inbound("王阿姨", "1")
    later(town, hours=3)
    await town.says("小李", "弄好了 换了灯泡", photo=True)
    (order,) = await town.orders("王阿姨")
    assert order.status is Status.RESOLVED
    await town.hears(one)
    assert (await town.order(order.number)).status is Status.RESOLVED
    await town.says("王阿姨", "1")
    assert (await town.order(order.number)).status is Status.CLOSED


async def test_words_are_an_answer_to_what_was_asked_before_them(town: Town) -> None:
    await town.says("王阿姨", "楼道灯不亮了")
    place = town.inbound("王阿姨", "3栋2单元")
    later(town, hours=3)
    await town.hears(place)
    (order,) = await town.orders("王阿姨")
    assert order.place.building == "3"


async def test_a_group_that_talked_among_itself_hears_no_excuse(town: Town) -> None:
    said = town.inbound("李叔", LIGHT, group=True)
    later(town, hours=3)
    assert not any("小时前" in line for line in await town.hears(said))
