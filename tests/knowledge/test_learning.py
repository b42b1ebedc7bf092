"""The learned category model: never without the table, never below it, never from a bad file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders import OrderClass
from domain.rules import Category
from knowledge.categories import CategoryFinder
from knowledge.learning import (
    BadModel,
    Guess,
    Learned,
    Untaught,
    digest_of,
    load,
    packed,
    unpacked,
)
from knowledge.learning_features import masked
from knowledge.learning_fit import Examples, fit
from knowledge.learning_prior import Label, Prior, labels_of, sayings
from knowledge.learning_worker import MOST_OF_ONE, Lesson, Outcome, Task, lesson_of, train

LAMP, RUBBISH, LIFT, GUEST = "L", "R", "E", "G"
LABELS = (
    Label(code=LAMP, name="照明", words=("路灯", "灯+不亮/坏/闪")),
    Label(code=RUBBISH, name="垃圾", words=("垃圾+没收/满", "垃圾桶")),
    Label(code=LIFT, name="电梯", words=("电梯+坏/停",)),
)
PRIOR = Prior(LABELS)
SAID = {
    LAMP: ("楼道灯不亮了", "路灯坏了几天", "地库黑得看不见路", "声控感应失灵黑乎乎的"),
    RUBBISH: ("垃圾没收好几天", "垃圾桶满得盖不上", "清运车两天不来", "厨余箱发臭没人清运"),
    LIFT: ("电梯坏了", "电梯停在三楼", "轿厢抖得吓人", "轿厢按键没反应"),
}
FAR = ("轿厢又抖了", "清运的人没来", "地库黑得很")


def examples(*codes: str, times: int = 3) -> Examples:
    pairs = [(text, code) for code in codes for text in SAID[code]] * times
    return Examples(texts=tuple(text for text, _ in pairs), codes=tuple(code for _, code in pairs))


def taught(*codes: str) -> Learned:
    return Learned(fit(examples(*codes), PRIOR), PRIOR)


def lessons(code: str, *, reporter: int | None, many: int, text: str = "") -> list[Lesson]:
    said = SAID.get(code, ("",))
    return [
        lesson_of(
            f"{text or said[number % len(said)]}{'。' * (number % 3)}",
            code,
            reporter=number if reporter is None else reporter,
            held_back=number % 5 == 0,
        )
        for number in range(many)
    ]


CATEGORIES = {
    label.code: Category(
        code=label.code,
        name=label.name,
        english="",
        order_class=OrderClass.E1 if label.code == LIFT else OrderClass.N,
        words=label.words,
    )
    for label in LABELS
}


def task(*given: list[Lesson], in_use: bytes | None = None) -> Task:
    rows = tuple(lesson for some in given for lesson in some)
    return Task(categories=CATEGORIES, lessons=rows, in_use=in_use)


def test_without_an_example_the_table_says_what_it_is() -> None:
    model = Untaught(PRIOR)
    assert [model.guess(text).code for text in ("楼道的灯坏了", "电梯停了")] == [LAMP, LIFT]


def test_what_the_table_does_not_know_is_learnt_and_what_it_knows_stays() -> None:
    model = taught(LAMP, RUBBISH, LIFT)
    assert [model.guess(text).code for text in FAR] == [LIFT, RUBBISH, LAMP]
    assert [model.guess(text).code for text in ("灯坏了", "垃圾没收")] == [LAMP, RUBBISH]


@pytest.mark.parametrize("code", SAID)
def test_examples_of_one_label_alone_take_nothing_from_the_others(code: str) -> None:
    model = taught(code)
    for text, wanted in (("楼道灯坏了", LAMP), ("垃圾桶满了没收", RUBBISH), ("电梯停了", LIFT)):
        assert model.guess(text).code == wanted


def test_a_label_that_no_table_names_is_learnt_of_examples_alone() -> None:
    both = examples(LAMP)
    guests = Examples(
        texts=(*both.texts, *("访客登记太慢", "保安不让访客进") * 6),
        codes=(*both.codes, *(GUEST,) * 12),
    )
    assert Learned(fit(guests, PRIOR), PRIOR).guess("访客进不来").code == GUEST


@given(st.text(max_size=300))
def test_any_text_has_a_label_and_a_chance(text: str) -> None:
    for model in (Untaught(PRIOR), MODEL):
        guess = model.guess(text)
        assert guess.code in SAID
        assert 0 < guess.confidence <= 1


@given(
    st.lists(
        st.tuples(
            st.text("灯坏亮垃圾满电梯停了楼道抖黑", max_size=12), st.sampled_from(list(SAID))
        ),
        max_size=30,
    )
)
def test_whatever_was_confirmed_the_blend_is_kept_and_read_back_as_it_was(
    confirmed: list[tuple[str, str]],
) -> None:
    texts, codes = [text for text, _ in confirmed], [code for _, code in confirmed]
    weights = fit(Examples(texts=tuple(texts), codes=tuple(codes)), PRIOR)
    before, after = Learned(weights, PRIOR), Learned(unpacked(packed(weights)), PRIOR)
    for text in (*texts, *FAR):
        assert before.guess(text).code == after.guess(text).code


@given(st.binary(max_size=400))
def test_no_bytes_are_taken_for_a_model(body: bytes) -> None:
    with pytest.raises(BadModel):
        load(body, digest_of(body), LABELS)


@given(st.data())
def test_a_damaged_model_is_refused(data: st.DataObject) -> None:
    body = bytearray(BODY)
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadModel):
        load(bytes(body), digest_of(BODY), LABELS)


def test_a_model_outlives_a_change_of_the_table() -> None:
    fewer = LABELS[:2]
    model = load(BODY, digest_of(BODY), fewer)
    assert model.guess("楼道灯坏了").code == LAMP
    finder = CategoryFinder({LAMP: CATEGORIES[LAMP]}, model)
    assert finder.best("轿厢又抖了坏了") is None  # lifts are no category here any more


class Sure:
    """Says one label, whatever is said."""

    def __init__(self, code: str, confidence: float = 0.99) -> None:
        self._guess = Guess(code=code, confidence=confidence)

    def guess(self, text: str) -> Guess:
        return self._guess


def named(clause: str, guess: Sure) -> str | None:
    match = CategoryFinder(CATEGORIES, guess).best(clause)  # type: ignore[arg-type]
    return match and match.code


def test_what_was_learnt_speaks_only_where_it_is_sure_and_safe() -> None:
    assert named("楼道灯坏了", Sure(RUBBISH)) == RUBBISH
    assert named("楼道灯坏了", Sure(RUBBISH, 0.4)) == LAMP
    assert named("电梯停了坏了", Sure(LAMP)) == LIFT  # what is urgent stays urgent
    assert named("今天天气真好", Sure(LAMP)) is None  # no complaint, no order
    assert named("楼道灯坏了", Sure("gone")) == LAMP


def test_a_complaint_that_no_word_names_gets_the_category_that_was_learnt() -> None:
    finder = CategoryFinder(CATEGORIES, Sure(LAMP))  # type: ignore[arg-type]
    assert finder.best("这个东西坏了") is None
    match = finder.learned("这个东西坏了")
    assert match is not None
    assert match.code == LAMP
    assert CategoryFinder(CATEGORIES).learned("这个东西坏了") is None


def test_nothing_is_made_a_danger_to_life_by_what_was_learnt() -> None:
    fire = Category(code="F", name="火灾", english="", order_class=OrderClass.E0, words=("着火",))
    finder = CategoryFinder({**CATEGORIES, "F": fire}, Sure("F"))  # type: ignore[arg-type]
    match = finder.best("楼道灯坏了")
    assert match is not None
    assert match.code == LAMP


def test_private_data_and_numbers_are_gone_before_anything_is_learnt() -> None:
    said = masked("我是13812345678，身份证11010519491231002X，住3栋2单元501，车牌苏A12345")
    assert not any(letter.isdigit() and letter != "0" for letter in said)
    assert "苏a" not in said


def test_a_better_model_is_used_and_says_by_how_much() -> None:
    outcome = train(task(*(lessons(code, reporter=None, many=40) for code in SAID)))
    assert outcome.better, outcome.reason
    assert outcome.body is not None
    assert outcome.figures["right"] > outcome.figures["right_in_use"]
    again = train(
        task(*(lessons(code, reporter=None, many=40) for code in SAID), in_use=outcome.body)
    )
    assert not again.better
    assert "not better" in again.reason


def test_too_few_examples_teach_nothing() -> None:
    outcome = train(task(lessons(LAMP, reporter=None, many=10)))
    assert not outcome.better
    assert outcome.body is None
    assert outcome.reason.startswith("too few")


def test_one_reporter_teaches_little_even_if_staff_close_a_thousand_unread() -> None:
    honest = [lessons(code, reporter=None, many=40) for code in SAID]
    flood = lessons(RUBBISH, reporter=9_999, many=1_000, text="楼道灯坏了黑得看不见")
    outcome = train(task(*honest, flood))
    assert outcome.figures["examples"] <= 3 * 40 + MOST_OF_ONE
    if outcome.better:
        assert outcome.body is not None
        assert Learned(unpacked(outcome.body), PRIOR).guess("楼道灯坏了").code == LAMP


def test_texts_held_back_are_not_learnt_under_another_number() -> None:
    same = [
        lesson_of("灯坏了", LAMP, reporter=number, held_back=number < 10) for number in range(40)
    ]
    assert train(task(same)).figures == {"examples": 0, "held_back": 10}


def test_what_goes_to_the_process_apart_comes_back_as_it_was() -> None:
    given_ = task(lessons(LAMP, reporter=None, many=3), in_use=BODY)
    assert Task.from_json(given_.as_json()) == given_
    outcome = Outcome(better=True, reason="好", figures={"right": 3}, body=BODY, digest="d")
    assert Outcome.from_json(outcome.as_json()) == outcome
    assert json.loads(outcome.as_json())["better"] is True


def test_the_table_gives_every_label_something_to_say(categories: dict[str, Category]) -> None:
    for label in labels_of(categories):
        assert sayings(label), label.code


BODY = packed(fit(examples(LAMP, RUBBISH, LIFT), PRIOR))
MODEL = load(BODY, digest_of(BODY), LABELS)
