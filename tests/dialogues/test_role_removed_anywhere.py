"""A post is taken away between any question and its answer: nothing is done by it (F44).

XIAOQI_TEST_POSTS_ENDED=500 makes it as many rounds as reliability.md asks for.
"""

from __future__ import annotations

import os
import random
from functools import partial
from typing import Any

import pytest

from domain.messages import Address
from domain.people import Post
from storage.transaction import Transaction
from tests.town import STAFF, Town

ROUNDS = int(os.environ.get("XIAOQI_TEST_POSTS_ENDED", "24"))
PHONE = "13812345678"
REPORTS = (
    f"3栋2单元楼道灯不亮了，电话{PHONE}",
    "3栋2单元门禁刷不开",
    "3栋2单元垃圾没人收",
)
# What leaves a question open, by who may say it; {number} is a work order of theirs.
ASKING = {
    "小李": (
        "退单 {number}",
        "延期 {number}",
        "办结 {number}",
        "挂起 {number}",
        "转派 {number}",
        "吹哨 {number}",
        "备注 {number}",
        "看电话 {number}",
    ),
    "陈静": (
        "派单 {number}",
        "不予受理 {number}",
        "拆单 {number}",
        "并单 {number}",
        "改类别 {number}",
        "转出 {number}",
        "指定承办 {number}",
        "看电话 {number}",
        "帮居民删资料 {number}",
    ),
}
ANSWERS = ("1", "2", "3天", "等配件", "物业", "好的", "核实情况", "0402", "第二网格", "确定")


@pytest.mark.parametrize("who", ASKING)
async def test_no_answer_counts_without_the_post(who: str, town: Town) -> None:
    chance = random.Random(f"{who} 44")
    for said in REPORTS:
        await town.says("王阿姨", said)
    numbers = [order.number for order in await town.orders("王阿姨")]
    asked = 0
    for _ in range(ROUNDS):
        words = chance.choice(ASKING[who]).format(number=chance.choice(numbers))
        await town.says(who, words)
        if chance.random() < 0.1:
            await town.says(who, chance.choice(ANSWERS))
        before = await _state(town, numbers)
        await _heard(town)
        question = town.last(who)
        asked += await town.read(partial(_is_asked, town, who))
        posts = await town.database.run(partial(_end_all, who=who))
        button = chance.choice(question.buttons) if question.buttons else None
        if button is not None and chance.random() < 0.7:
            answers = await town.presses(who, button.token)
        else:
            answers = await town.says(who, chance.choice(ANSWERS))
        assert await _state(town, numbers) == before, (words, question.text, button)
        assert not any(PHONE in line for line in answers), words
        assert await _heard(town) == [], (words, button)
        await town.database.run(partial(_give_back, who=who, posts=posts))
    assert asked > ROUNDS / 2


async def _state(town: Town, numbers: list[str]) -> list[Any]:
    """The work orders as they stand, and whether their reporter is still known."""
    orders = [await town.order(number) for number in numbers]
    return [(order.status, order.owner, order.history, order.text) for order in orders]


async def _heard(town: Town) -> list[str]:
    """What the resident and the colleagues hear of it."""
    return [line for one in ("王阿姨", "小赵", "钱师傅") for line in await town.heard(one)]


def _is_asked(town: Town, who: str, tx: Transaction) -> bool:
    channel, account = town.accounts[who]
    person = tx.people.coded(STAFF[who][0])
    assert person is not None
    return tx.questions.open_for(person, Address(channel=channel, chat=account)) is not None


def _end_all(tx: Transaction, who: str) -> list[Post]:
    person = tx.people.coded(STAFF[who][0])
    assert person is not None
    posts = sorted(tx.people.posts_of(person, tx.now), key=str)
    for post in posts:
        assert tx.people.end_grant(person, post, tx.now)
    return posts


def _give_back(tx: Transaction, who: str, posts: list[Post]) -> None:
    person = tx.people.coded(STAFF[who][0])
    assert person is not None
    for post in posts:
        tx.people.grant(person, post)
