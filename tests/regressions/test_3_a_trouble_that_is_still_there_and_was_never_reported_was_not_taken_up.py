"""A resident says that something is broken still or again, and we never heard of it before."""

from __future__ import annotations

import pytest

from tests.town import Town


@pytest.mark.parametrize(
    "said", ["网格员来过了，3栋2单元楼道灯还是不亮", "小李来过了，3栋2单元的灯修好又坏了"]
)
async def test_it_becomes_a_work_order(town: Town, said: str) -> None:
    await town.says("王阿姨", said)
    (order,) = await town.orders("王阿姨")
    assert (order.category, order.place.building, order.about_staff) == ("0402", "3", False)
