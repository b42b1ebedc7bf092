"""People say why they ask before and after they ask: the question within is what is answered."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from knowledge.policies import Outcome, outcome
from knowledge.questions import questions_within
from knowledge.retrieval import Document, Index

SAMPLE = Path(__file__).parents[2] / "bot" / "sample_tables" / "policies.toml"

# Answered, or offered before all others.
ASKED = [
    ("我妈今年八十二了 那个高领津贴咋领啊", "old-age-allowance"),
    ("你好，我想问一下，我爸八十了，听说有高龄补贴，怎么申请的呀", "old-age-allowance"),
    ("请问下居住证到期了咋弄，我是外地的在这边打工", "residence-permit-renew"),
    ("我是安徽过来打工的，刚租好房子，居住证怎么办呀", "residence-permit"),
    ("我身份证昨天坐公交丢了 急死了 咋补啊", "id-card"),
    ("孙子才出生半个月，新生儿户口咋上，要带啥去", "hukou-newborn"),
    ("闺女嫁到这边了 户口想迁过来 怎么迁", "hukou-move"),
    ("我妈住院花了好多钱，医药费怎么报销啊，谢谢", "medical-refund"),
    ("老头子在外地儿子家住着，异地就医咋备案，他不会用手机", "medical-elsewhere"),
    ("厂里倒闭了我也没工作了 失业金怎么申请", "unemployment"),
    ("老公下岗 孩子又有病 实在过不下去了，低保怎么申请啊", "low-income"),
    ("我残疾二级，听说有补贴，残疾人补贴怎么领", "disability-subsidy"),
    ("我当过兵，退役军人优待证怎么办呢，在哪办", "veteran-card"),
    ("我们打算国庆领证，结婚登记怎么预约啊，要排队吗", "marriage"),
    ("娃明年六岁了，上小学报名要哪些材料，我们是租房的", "primary-school"),
    ("小区里要装电梯，我们是老楼，加装电梯怎么申请", "lift-install"),
    ("我家要装修了，要办什么手续不，怕被物业罚", "renovation"),
    ("刚买了个电瓶车，去哪里上牌啊", "ebike-plate"),
    ("楼上天天半夜蹦迪，吵得睡不着，邻居太吵怎么投诉", "noise"),
    ("我想问问，我家那个水费怎么交，以前都是儿子弄的", "water-fee"),
    ("退休三年了，养老金认证怎么搞，手机弄半天不会", "pension-check"),
    ("我家老太太一个人住，听说能装呼叫器，怎么装", "emergency-button"),
    ("我公公瘫在床上，在家护理的那个怎么申请", "home-care-bed"),
    ("狗狗三个月了，养狗要办啥证啊，怕被抓", "dog-license"),
    ("我儿子大学刚毕业在这边租房，租房补贴怎么申请", "graduate-subsidy"),
]
# Nothing in the sample answers these.
UNANSWERED = [
    "今天天气真好，你们几点吃饭",
    "我家楼上老人走了，不知道什么时候出殡，要随多少钱",
    "孙子数学不及格，怎么教啊，急死我了",
    "这破手机又卡了，哪里能修",
    "股票跌成这样，还能不能买啊",
    "我想给女儿找对象，你们那边有没有合适的小伙子",
    "晚上想吃火锅，哪家好吃",
    "老伴血压高，吃什么药好",
    "我家猫不吃东西了，怎么办",
    "听说要打仗了，是不是真的，要不要囤米",
    "明天去苏州玩，坐几路车",
    "微信转错人了，怎么要回来",
]


@cache
def sample() -> Index:
    """The sample entries, with all their phrasings."""
    entries = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))["policies"]
    return Index(
        [
            Document(
                key=one["code"],
                phrasings=(one["question"], *one.get("alternatives", ())),
                body=one["answer"],
            )
            for one in entries
        ]
    )


@pytest.mark.parametrize(("text", "code"), ASKED)
def test_a_question_among_other_words_is_found(text: str, code: str) -> None:
    hits = sample().search(text)
    assert hits[0].key == code
    assert outcome(hits) is not Outcome.UNSURE


def test_half_of_them_are_answered_at_once() -> None:
    answered = [text for text, _ in ASKED if outcome(sample().search(text)) is Outcome.ANSWER]
    assert len(answered) >= len(ASKED) // 2


@pytest.mark.parametrize("text", UNANSWERED)
def test_a_part_of_a_text_is_not_taken_for_another_question(text: str) -> None:
    assert outcome(sample().search(text)) is Outcome.UNSURE


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("高龄津贴怎么领", ()),
        ("我妈八十二了 那个高龄津贴咋领啊", ("高龄津贴咋领啊",)),
        ("how do I renew my residence permit", ()),
        ("楼道灯坏了，找人来修", ()),
        ("，，，", ()),
    ],
)
def test_the_parts_that_ask(text: str, parts: tuple[str, ...]) -> None:
    assert questions_within(text) == parts


def test_a_very_long_text_has_few_parts() -> None:
    assert len(questions_within("这个怎么办，" * 5_000)) <= 8
