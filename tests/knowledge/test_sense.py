"""The sense for what is meant: its seeds, its file, and when it is believed."""

from __future__ import annotations

import numpy as np
import pytest

from domain.readings import ReadingContext
from domain.rules import Category
from knowledge.cues import danger_cues
from knowledge.evaluation.readings import INTENTS
from knowledge.intents import Intents
from knowledge.normal import normal
from knowledge.places import PlaceBook
from knowledge.reader import Reader
from knowledge.sense import CALM, DANGER, packed, sense, unpacked
from knowledge.sense_fit import Seed, fitted, seeds
from knowledge.slips import mended
from tests.knowledge.conftest import Read


def test_every_seed_is_of_an_intent_or_a_category(categories: dict[str, Category]) -> None:
    known = {*INTENTS, *categories, CALM}

    assert {seed.label for seed in seeds()} <= known


def test_the_stored_sense_knows_every_label_of_the_seeds() -> None:
    told = [seed for seed in seeds() if seed.label != CALM]

    assert {seed.intent for seed in told} == set(sense().intent.labels)
    assert {CALM, DANGER} == set(sense().danger.labels)
    dangers = {seed.category for seed in told if seed.category.startswith("01")}
    assert dangers == set(sense().kind.labels)


def test_what_is_learnt_again_is_the_same_and_survives_storing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = [*seeds()][::40]
    monkeypatch.setattr("knowledge.sense_fit.seeds", lambda: iter(few))

    first, again = fitted(), fitted()

    for one, other in zip(first, again, strict=True):
        assert (one.labels, one.features) == (other.labels, other.features)
        # Sums of floats come out as the cores share them.
        assert np.allclose(one.matrix, other.matrix, atol=1e-3)
    for one, stored in zip(first, unpacked(packed(first)), strict=True):
        assert (one.labels, one.features) == (stored.labels, stored.features)
        assert np.allclose(one.matrix, stored.matrix, atol=np.abs(one.matrix).max() / 100)


def test_a_seed_that_is_reported_has_its_category() -> None:
    assert (Seed(text="x", label="0402").intent, Seed(text="x", label="0402").category) == (
        "report",
        "0402",
    )
    assert (Seed(text="x", label="ask").intent, Seed(text="x", label="ask").category) == (
        "ask",
        "",
    )


def test_a_danger_told_of_the_past_is_doubted() -> None:
    now = danger_cues("楼道着火了快来人", "0102")
    past = danger_cues("去年我们楼着火了", "0102")

    danger = sense().danger
    feared = danger.chance(DANGER, "楼道着火了快来人", now)
    assert feared > danger.chance(DANGER, "去年我们楼着火了", past)


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("三号楼左边点梯门关不上", "0401"),
        ("一号楼前面消访通道又停了车", "0502"),
        ("3栋2单元陆灯不亮", "0402"),
        ("5栋煤器味好重", "0101"),
    ],
)
def test_words_typed_by_their_sound_are_understood(read: Read, said: str, category: str) -> None:
    assert [problem.category for problem in read(said).problems] == [category]


@pytest.mark.parametrize("said", ["马路等车的人真多", "突然气味没了", "反锁了门进不去"])
def test_words_that_only_sound_alike_stay(said: str) -> None:
    assert mended(normal(said)).key == said


def test_the_rules_stand_alone_where_nothing_is_sensed(
    categories: dict[str, Category], reader: Reader
) -> None:
    alone = Reader(categories, PlaceBook(()), Intents.load(), sensing=False)

    assert alone.read("同求 我也受不了了", ReadingContext()).intent == "plus_one"
    assert reader.read("我说你到底会干点啥呀", ReadingContext()).intent == "help"
