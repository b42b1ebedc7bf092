"""What staff were told of a deadline, or said of one, was taken for something else."""

from __future__ import annotations

from tests.town import Town

LAMP = "梧桐苑3栋2单元楼道灯不亮"


async def test_an_escalation_named_a_deadline_that_had_not_come(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    for _ in range(3):
        await town.pass_time(days=1)
    (told, *_) = [one for one in await town.heard("刘书记") if "【超时】" in one]
    assert "还没答复居民" in told
    assert "该在 6月10日(周三)18:00 前" in told
    assert "办结期限 6月16日(周二)18:00 前" in told


async def test_watching_what_was_only_described_made_the_secretary_a_follower(town: Town) -> None:
    await town.says("王阿姨", LAMP)
    await town.press("小李", "接单")
    (said,) = await town.says("刘书记", "把3栋楼道灯这件督办一下 三天内")
    (order,) = await town.orders()
    assert order.number in said
    assert "督办" in said
    assert order.followers == ()
