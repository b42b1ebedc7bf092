"""Questions find their answers in other words, with slips of the keys, and only when sure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policies import SURE, Outcome, aspect_of, outcome
from knowledge.questions import bare, canonical
from knowledge.retrieval import Document, Index

ENTRIES = {
    "permit": ("居住证怎么办理", "办居住证需要什么手续"),
    "old_age": ("高龄津贴怎么领", "80 岁以上老人有什么补贴"),
    "bins": ("垃圾分类怎么分", "厨余垃圾扔哪个桶"),
    "vaccine": ("小孩打疫苗去哪里", "儿童预防接种地点"),
    "loan": ("公积金可以付房租吗", "租房提取公积金"),
    "school": ("小学报名要什么材料", "孩子上小学怎么报名"),
}
INDEX = Index([Document(key=key, phrasings=asked) for key, asked in ENTRIES.items()])


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("请问居住证咋办呀", "permit"),
        ("居住正怎么办里", "permit"),
        ("我妈 80 了，老人补贴有没有", "old_age"),
        ("剩菜剩饭是厨余垃圾吗扔哪个桶", "bins"),
        ("租房能不能提公积金", "loan"),
        ("娃娃上小学报名要哪些材料", "school"),
    ],
)
def test_other_words_find_the_same_answer(said: str, key: str) -> None:
    assert INDEX.search(said)[0].key == key


def test_what_is_asked_word_for_word_is_answered() -> None:
    assert all(outcome(INDEX.search(asked[0])) is Outcome.ANSWER for asked in ENTRIES.values())


@pytest.mark.parametrize(
    "said",
    ["今天晚上吃什么", "阿根廷踢赢了没有", "写一首诗", "？？", "", "  \u200b", "😀😀😀"],
)
def test_what_nobody_wrote_an_answer_to_is_not_answered(said: str) -> None:
    assert outcome(INDEX.search(said)) is Outcome.UNSURE


def test_only_answers_of_ones_own_units_are_found() -> None:
    index = Index(
        [
            Document(key="here", phrasings=("社区食堂几点开门",), scope=1),
            Document(key="there", phrasings=("社区食堂几点开门",), scope=2),
            Document(key="everywhere", phrasings=("医保怎么缴费",)),
        ]
    )
    asked = "社区食堂几点开门"

    assert [hit.key for hit in index.search(asked, among={1})] == ["here"]
    assert index.search("医保怎么缴费", among={1})[0].key == "everywhere"


def test_an_answer_without_a_question_is_found_by_its_own_words() -> None:
    index = Index(
        [
            Document(key="lamps", body="幸福路路灯已列入改造计划，预计年底前完工。"),
            Document(key="bus", body="公交公司答复：增加班次需要审批，请耐心等待。"),
        ]
    )

    assert index.search("幸福路的路灯什么时候修")[0].key == "lamps"


def test_an_index_of_nothing_finds_nothing() -> None:
    assert Index([]).search("居住证怎么办理") == []


@given(st.text(max_size=300))
def test_any_text_is_searched_for(text: str) -> None:
    hits = INDEX.search(text)

    assert all(0 <= hit.confidence <= 1 for hit in hits)
    assert hits == sorted(hits, key=lambda hit: -hit.score)
    assert canonical(bare(text)) or not bare(text)


@pytest.mark.parametrize("text", ["证" * 100_000, "居住证" * 30_000, "!" * 100_000])
def test_a_very_long_text_is_searched_for_like_a_short_one(text: str) -> None:
    assert len(INDEX.search(text)) <= 5


@pytest.mark.parametrize(
    ("said", "aspect"),
    [
        ("那要带什么材料？", "materials"),
        ("要带什么", "materials"),
        ("周末上班吗", "hours"),
        ("几点上班", "hours"),
        ("在哪办", "where"),
        ("去哪里办理呢", "where"),
        ("电话多少", "phone"),
        ("网上能办吗", "link"),
        ("医保报销要带什么材料", ""),
        ("居住证在哪办", ""),
        ("谢谢", ""),
    ],
)
def test_a_follow_up_asks_about_what_was_told_before(said: str, aspect: str) -> None:
    assert aspect_of(said) == aspect


def test_surer_means_likelier() -> None:
    exact = INDEX.search("居住证怎么办理")[0]
    vague = INDEX.search("居住证丢了")[0]

    assert exact.confidence > SURE > vague.confidence
