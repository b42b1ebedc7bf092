"""Questions of residents who do not know what a thing is called find its answer all the same.

`fresh/questions_*` were written by others than the seeds, from the sample entries alone: of `_dev`
sentences were looked at, of `_test` only the counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from domain.readings import ReadingContext
from knowledge.matters import NONE, form, matters, matters_of
from knowledge.matters_fit import examples, fitted
from knowledge.policies import Outcome, outcome
from knowledge.reader import Reader
from knowledge.retrieval import Document, Index
from knowledge.seed_files import labelled
from knowledge.sense import packed, unpacked
from tests.knowledge.test_questions_within import sample

FRESH = Path(__file__).parent / "fresh"


def asked(half: str) -> Iterator[tuple[str, str]]:
    """Questions, and the code of the entry that answers each, or ""."""
    for line in (FRESH / f"questions_{half}.jsonl").read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        yield question["text"], question["answer_id"] or ""


@cache
def counted(half: str) -> Counter[str]:
    """How the questions of a half are answered from the sample entries."""
    counts: Counter[str] = Counter()
    for text, code in asked(half):
        hits = sample().search(text)
        made = outcome(hits)
        first = bool(hits) and hits[0].key == code
        counts["answerable" if code else "unanswerable"] += 1
        counts["found first"] += first and bool(code)
        counts["among three"] += bool(code) and code in [hit.key for hit in hits[:3]]
        counts["answered"] += made is Outcome.ANSWER and first
        counts["answered wrongly"] += made is Outcome.ANSWER and not first
        counts["left open"] += bool(code) and made is Outcome.UNSURE
    return counts


@pytest.mark.parametrize("half", ["dev", "test"])
def test_most_questions_in_other_words_find_their_answer(half: str) -> None:
    counts = counted(half)

    assert (counts["answerable"], counts["unanswerable"]) == (156, 104)
    assert counts["found first"] >= 130
    assert counts["among three"] >= 140
    assert counts["answered"] >= 75
    assert counts["left open"] <= 25


@pytest.mark.parametrize("half", ["dev", "test"])
def test_what_is_answered_is_hardly_ever_wrong(half: str) -> None:
    assert counted(half)["answered wrongly"] <= 4


@pytest.mark.parametrize("half", ["dev", "test"])
def test_such_questions_are_heard_as_questions(half: str, reader: Reader) -> None:
    said = [text for text, code in asked(half) if code]
    alone = ReadingContext(group=False, addressed=True)

    heard = Counter(reader.read(text, alone).intent for text in said)

    assert heard["ask"] >= 0.8 * len(said)


def test_the_same_request_about_another_paper_is_not_answered() -> None:
    index = Index(
        [Document(key="id-card", phrasings=("身份证丢了怎么补", "身份证丢了去哪里补办"))]
    )

    assert outcome(index.search("身份证掉了咋补")) is Outcome.ANSWER
    for other in ("护照丢了怎么补", "驾驶证丢了怎么补", "社保卡丢了怎么补"):
        assert outcome(index.search(other)) is not Outcome.ANSWER, other


def test_of_two_answers_about_one_matter_neither_is_given_for_sure() -> None:
    index = Index(
        [
            Document(key="bins", phrasings=("厨余垃圾扔哪个桶",)),
            Document(key="times", phrasings=("垃圾分类几点可以扔",)),
        ]
    )

    assert outcome(index.search("吃剩的鱼骨头丢哪里啊")) is not Outcome.ANSWER


def test_only_answers_of_ones_own_units_are_found_by_their_matter() -> None:
    entry = Document(key="there", phrasings=("高龄津贴怎么领",), scope=2)

    assert Index([entry]).search("岁数大了每月发的那个钱找谁要", among=[1]) == []


@pytest.mark.parametrize("text", ["", " ", "？？？", "😀", "a" * 5000, "怎么办" * 2000, "\u200b"])
def test_any_text_has_its_chances(text: str) -> None:
    chances = matters_of(form(text))

    assert chances.shape == (len(matters()),)
    assert 0 <= float(chances.sum()) <= 1 + 1e-5


def test_the_stored_weights_know_every_matter_of_the_seeds() -> None:
    assert {matter for _, matter, _ in labelled("matters")} == {*matters(), NONE}


def test_what_is_learnt_again_is_the_same_and_survives_storing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = [*examples()][::30]
    monkeypatch.setattr("knowledge.matters_fit.examples", lambda: iter(few))

    first, again = fitted(), fitted()
    (stored,) = unpacked(packed([first]))

    assert (first.labels, first.features) == (again.labels, again.features)
    assert first.labels[0] == NONE
    assert np.allclose(first.matrix, again.matrix, atol=1e-3)
    assert (first.labels, first.features) == (stored.labels, stored.features)
    assert np.allclose(first.matrix, stored.matrix, atol=np.abs(first.matrix).max() / 100)
