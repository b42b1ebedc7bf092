"""What people say is read as the tables beside this file say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.readings import PlaceSlots, Problem, Reading, ReadingContext
from knowledge.intents import Intents
from knowledge.normal import LONGEST
from knowledge.reader import Reader
from tests.knowledge.conftest import Read

HERE = Path(__file__).parent
UTTERANCES = tomllib.loads((HERE / "utterances.toml").read_text(encoding="utf-8"))
EMERGENCIES = tomllib.loads((HERE / "emergencies.toml").read_text(encoding="utf-8"))
WHERE = {
    "resident": {},
    "staff": {"staff": True},
    "group": {"group": True, "addressed": False},
}


def _said(kind: str) -> Iterator[tuple[str, str]]:
    for intent, sentences in UTTERANCES[kind].items():
        for sentence in sentences:
            yield sentence, intent


@pytest.mark.parametrize(
    ("kind", "said", "intent"),
    [(kind, said, intent) for kind in WHERE for said, intent in _said(kind)],
)
def test_a_sentence_has_its_intent(read: Read, kind: str, said: str, intent: str) -> None:
    assert read(said, **WHERE[kind]).intent == intent


@pytest.mark.parametrize("message", UTTERANCES["message"], ids=lambda message: message["said"])
def test_a_message_is_read_whole(read: Read, message: dict[str, Any]) -> None:
    expected = dict(message)
    said, staff = expected.pop("said"), expected.pop("staff", False)

    reading = read(said, staff=staff)

    shown = _shown(reading)
    assert {name: shown[name] for name in expected} == expected


def test_every_example_of_an_intent_is_read_as_that_intent(read: Read, intents: Intents) -> None:
    wrong = [
        (intent.name, example)
        for intent in intents
        for example in intent.examples
        if read(example, staff=intent.staff).intent != intent.name
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("category", "said"),
    [(code, said) for code, said_of in EMERGENCIES["emergencies"].items() for said in said_of],
)
def test_an_emergency_is_found(read: Read, category: str, said: str) -> None:
    reading = read(said, group=True, addressed=False)

    assert reading.emergency
    assert reading.intent == "report"
    assert [problem.category for problem in reading.problems] == [category]


@pytest.mark.parametrize("said", EMERGENCIES["plain"]["harmless"])
def test_harmless_talk_is_no_emergency(read: Read, said: str) -> None:
    reading = read(said, group=True, addressed=False)

    assert not reading.emergency
    assert not any(problem.emergency for problem in reading.problems)


def test_the_tables_are_as_large_as_promised() -> None:
    said = sum(len(list(_said(kind))) for kind in WHERE) + len(UTTERANCES["message"])
    emergencies = sum(map(len, EMERGENCIES["emergencies"].values()))

    assert said >= 150
    assert emergencies >= 80
    assert len(EMERGENCIES["plain"]["harmless"]) >= 80


@pytest.mark.parametrize("said", ["那个", "6栋的灯", "3栋2单元", "请问", "我要报修", "5栋的"])
def test_a_fragment_is_waited_for(read: Read, said: str) -> None:
    assert not read(said).complete


@pytest.mark.parametrize("said", ["6栋的灯坏了", "催一下", "你好", "着火了", "停水了", "谢谢"])
def test_what_is_complete_is_not_waited_for(read: Read, said: str) -> None:
    assert read(said).complete


@pytest.mark.parametrize("said", ["3栋2单元", "那个", "南门"])
def test_an_answer_is_never_waited_for(read: Read, said: str) -> None:
    assert read(said, pending="report.place").complete


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("1", 1),
        ("２", 2),
        ("选3", 3),
        ("第三个", 3),
        ("①", 1),
        ("2️⃣", 2),
        ("我选2吧", 2),
        ("12", 12),
    ],
)
def test_a_choice_is_a_bare_number(read: Read, said: str, choice: int) -> None:
    assert read(said, pending="report.place").choice == choice


@pytest.mark.parametrize("said", ["5-2", "3栋", "2分钟前坏的", "110", "一直坏", ""])
def test_other_numbers_are_no_choice(read: Read, said: str) -> None:
    assert read(said, pending="report.place").choice is None


@pytest.mark.parametrize(
    ("said", "yes"),
    [
        ("对", True),
        ("是的", True),
        ("嗯嗯", True),
        ("好的。", True),
        ("ＯＫ", True),
        ("不对", False),
        ("不是", False),
        ("没有", False),
        ("不用了", False),
        ("对，就是那里", True),
        ("不对，是5栋", False),
        ("灯坏了", None),
    ],
)
def test_yes_and_no(read: Read, said: str, yes: bool | None) -> None:
    assert read(said, pending="report.place").yes is yes


@pytest.mark.parametrize(
    ("said", "rating"),
    [
        ("5分", 5),
        ("五星", 5),
        ("4", 4),
        ("不满意", 2),
        ("非常满意", 5),
        ("⭐⭐⭐", 3),
        ("9", None),
    ],
)
def test_a_rating(read: Read, said: str, rating: int | None) -> None:
    assert read(said, pending="rate.given").rating == rating


def test_a_resident_gives_no_commands(read: Read) -> None:
    assert read("接").intent == ""
    assert read("吹哨 消防").intent == ""


def test_talk_in_a_group_that_nobody_addressed_is_chitchat(read: Read) -> None:
    assert read("王阿姨说她晚点到", group=True, addressed=False).intent == "chitchat"
    assert read("王阿姨说她晚点到").intent == ""


def test_our_name_and_invisible_characters_do_not_matter(read: Read) -> None:
    reading = read("@xiaoqi_bot 小栖，\u200b３栋２单元\u202e灯\u0000不亮\ud800了")

    assert reading.intent == "report"
    assert reading.text == "@xiaoqi_bot 小栖，3栋2单元灯不亮了"
    assert reading.place == PlaceSlots(building="3", entrance="2")


def test_a_very_long_text_is_cut(read: Read) -> None:
    reading = read("3栋2单元灯不亮了。" + "很长" * 50_000)

    assert len(reading.text) == LONGEST
    assert reading.problems[0].category == "0402"


@pytest.mark.parametrize(
    "said", ["3栋" * 1250, "接" * 5000, "休假顶" * 1600, "1-" * 2500, "煤气" * 2500]
)
def test_a_text_made_to_be_slow_is_read(read: Read, said: str) -> None:
    assert read(said, staff=True).text == said[:LONGEST]


_TYPED = st.text(
    st.one_of(
        st.sampled_from("3栋二单元501号楼灯坏了电梯困煤气接退延天，。！ \n#-.()（）+1"),
        st.characters(),
    ),
    max_size=5_000,
)


@given(text=_TYPED, staff=st.booleans(), group=st.booleans(), pending=st.sampled_from(["", "a.b"]))
def test_any_text_is_read(
    reader: Reader, text: str, *, staff: bool, group: bool, pending: str
) -> None:
    context = ReadingContext(staff=staff, group=group, addressed=not group, pending=pending)

    reading = reader.read(text, context)

    assert len(reading.text) <= LONGEST
    assert reading == reader.read(text, context)
    assert all(0 <= start < end <= len(reading.text) for start, end, _ in reading.private_data)


def _shown(reading: Reading) -> dict[str, Any]:
    return {
        "intent": reading.intent,
        "intents": list(reading.intents),
        "problems": [_problem(problem) for problem in reading.problems],
        "place": _place(reading.place),
        "guessed": reading.place.guessed,
        "number": reading.number,
        "choice": reading.choice,
        "rating": reading.rating,
        "days": reading.days,
        "from_day": str(reading.from_day),
        "until_day": str(reading.until_day),
        "at": reading.at.isoformat() if reading.at else "",
        "reason": reading.reason,
        "people": list(reading.people),
        "private": [kind for _, _, kind in reading.private_data],
        "emergency": reading.emergency,
        "angry": reading.angry,
        "confidential": reading.confidential,
        "anonymous": reading.anonymous,
        "about_staff": reading.about_staff,
        "elderly_alone": reading.elderly_alone,
    }


def _problem(problem: Problem) -> str:
    return f"{problem.category} {problem.order_class} {_place(problem.place)}"


def _place(place: PlaceSlots) -> str:
    return f"{place.building}/{place.entrance}/{place.room}/{place.spot}"
