"""名额: changed after an activity was announced; who waits moves up, who has a place keeps it."""

from __future__ import annotations

import pytest

from tests.town import Town


@pytest.fixture
async def full(town: Town) -> Town:
    """An activity of two places: its organiser and 小李 have one, two people wait."""
    await town.says("刘书记", "周六上午九点主题党日 去雷锋驿站 限2人 通知一下")
    await town.press("刘书记", "发布")
    for who in ("小李", "孙强", "吴磊"):
        await town.press(who, "参加")
        await town.heard(who)
    return town


async def test_more_places_move_the_waiting_up_and_tell_them(full: Town) -> None:
    (asked,) = await full.says("刘书记", "主题党日名额改成3人")
    assert "名额原 2 人，改为 3 人，已报 2 人，候补 2 人" in asked
    assert "候补的 1 人会补上" in asked
    assert await full.heard("孙强") == []
    (done,) = await full.press("刘书记", "确定改名额")
    assert "名额 3 人，已报 3 人，候补 1 人。补上了 1 人" in done
    (told,) = await full.heard("孙强")
    assert "给您补上了" in told
    assert await full.heard("吴磊") == []
    assert "参加 3 人" in (await full.says("刘书记", "报名情况"))[0]


async def test_without_a_limit_everybody_moves_up(full: Town) -> None:
    await full.says("刘书记", "主题党日取消名额限制")
    (done,) = await full.press("刘书记", "确定改名额")
    assert "不限名额，已报 4 人。补上了 2 人" in done
    for who in ("孙强", "吴磊"):
        assert len(await full.heard(who)) == 1


async def test_fewer_places_take_none_away(full: Town) -> None:
    (asked,) = await full.says("刘书记", "主题党日的名额减到1个")
    assert "已报的比新名额多 1 人，他们都保留" in asked
    (done,) = await full.press("刘书记", "确定改名额")
    assert "名额 1 人，已报 2 人，候补 2 人" in done
    for who in ("小李", "孙强"):
        assert await full.heard(who) == []
    await full.says("小李", "请假，要加班")
    assert await full.heard("孙强") == []  # one has the one place that there is


async def test_how_many_is_asked(full: Town) -> None:
    (asked,) = await full.says("刘书记", "主题党日名额加10个")
    assert "现在名额 2 人，已报 2 人" in asked
    (asked,) = await full.says("刘书记", "12")
    assert "改为 12 人" in asked
    (kept,) = await full.press("刘书记", "照旧")
    assert "照旧" in kept
    assert await full.heard("孙强") == []


async def test_no_number_of_places_is_refused(full: Town) -> None:
    (said,) = await full.says("刘书记", "主题党日名额改成0人")
    assert "名额要是 1 到 100000" in said


async def test_only_who_leads_the_branch_may(full: Town) -> None:
    answers = await full.says("小李", "主题党日名额改成30人")
    assert not any("改为 30 人" in answer for answer in answers)


async def test_a_move_that_is_still_being_told_is_told_on(full: Town) -> None:
    """A change of places in between is no newer move."""
    await full.says("刘书记", "主题党日改到周日下午三点")
    await full.press("刘书记", "确定改")
    moved = [one for one in await full.heard("孙强") if "现改为" in one]
    assert len(moved) == 1
    await full.says("刘书记", "主题党日名额改成30人")
    await full.press("刘书记", "确定改名额")
    (told,) = await full.heard("孙强")
    assert "6月14日(周日)15:00" in told
