"""Secretaries said all of a plan, or changed it, in one breath, and were asked or not heard."""

from __future__ import annotations

import pytest

from tests.town import Town

STUDY = "下周四晚上七点 雷锋驿站 学习会 全体党员 通知下 回一下能不能来"


@pytest.mark.parametrize(
    ("said", "name", "place"),
    [
        (STUDY, "学习会", "雷锋驿站"),
        ("后天上午9点 小广场 大扫除 党员都来 带上扫把", "大扫除", "小广场"),
        ("这周六上午十点 社区服务中心 给老人理发 通知居民报名 限20人", "理发", "社区服务中心"),
    ],
)
async def test_a_plan_without_small_words_is_whole(
    town: Town, said: str, name: str, place: str
) -> None:
    (preview,) = await town.says("刘书记", said)
    assert name in preview
    assert f"地点：{place}\n" in preview
    assert "已发布" in (await town.says("刘书记", "对 发吧"))[0]
    assert not await town.orders()


@pytest.mark.parametrize("said", ["现在几个人来", "有多少人报名了"])
async def test_who_comes_became_the_place(town: Town, said: str) -> None:
    await town.says("刘书记", "下周四晚上七点开支部大会 通知大家")
    answers = await town.says("刘书记", said)
    assert not any("地点：" in answer for answer in answers)


@pytest.mark.parametrize(
    ("said", "when"),
    [("改下午三点吧", "6月18日(周四)15:00"), ("换到19号", "6月19日(周五)19:00")],
)
async def test_what_was_published_is_moved_in_few_words(town: Town, said: str, when: str) -> None:
    await town.says("刘书记", STUDY)
    await town.says("刘书记", "发")
    assert f"改为 {when}" in (await town.says("刘书记", said))[0]


@pytest.mark.parametrize("said", ["我到时候来", "肯定到", "准到"])
async def test_who_comes_says_so_in_few_words(town: Town, said: str) -> None:
    await town.says("刘书记", STUDY)
    await town.says("刘书记", "发")
    assert "已报名" in (await town.says("小李", said))[0]
    assert "李明" in (await town.says("刘书记", "现在几个人来"))[0]
