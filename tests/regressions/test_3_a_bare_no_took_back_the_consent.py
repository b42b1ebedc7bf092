"""不同意 is also what people say who are not content with how their matter was handled."""

from __future__ import annotations

from tests.town import Town


async def test_a_bare_no_is_about_the_matter_at_hand(town: Town) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")
    await town.says("小李", "接")
    answers = await town.says("王阿姨", "不同意")
    assert not any("撤回同意" in answer for answer in answers)
    answers = await town.says("王阿姨", "撤回同意")
    assert any("已撤回同意" in answer for answer in answers)
