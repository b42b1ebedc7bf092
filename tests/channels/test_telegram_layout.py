"""A message's layout on Telegram: parts, harmless spelling, rows of buttons."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_layout import ROW_MOST, ROW_WIDTH, harmless, rows, split, units
from domain.messages import Button
from tests.rig.strings import complaint, strings
from tests.rig.telegram_world import World

FAMILY = "👨\u200d👩\u200d👧"
FLAG = "\U0001f1e8\U0001f1f3"
WAVE = "👋🏽"
ACCENT = "e\u0301"
KEYCAP = "1\ufe0f\u20e3"
SYLLABLE = "\u1112\u1161\u11ab"

SEEN_AS_ONE = [FAMILY, FLAG, WAVE, ACCENT, KEYCAP, SYLLABLE]

pieces = st.sampled_from([*SEEN_AS_ONE, "字", "a", " ", "\n", "。"])
typed = st.lists(pieces | st.characters(exclude_categories=["Cs"])).map("".join)


@given(typed, st.integers(min_value=12, max_value=40))
def test_parts_are_short_enough_and_joined_are_the_text(text: str, limit: int) -> None:
    parts = split(text, limit=limit)

    assert "".join(parts) == text
    assert all(0 < units(part) <= limit for part in parts)


@pytest.mark.parametrize("seen", SEEN_AS_ONE)
@given(before=st.integers(min_value=0, max_value=12))
def test_what_is_seen_as_one_is_never_cut(seen: str, before: int) -> None:
    parts = split("字" * before + seen * 20, limit=16)

    for part in parts:
        assert part.replace(seen, "").strip("字") == ""


def test_a_character_longer_than_a_part_is_cut_somewhere() -> None:
    parts = split("a" + "\u0301" * 100, limit=16)

    assert [units(part) for part in parts] == [16] * 6 + [5]


def test_a_cut_falls_on_a_line_before_a_sentence() -> None:
    text = "一二三四五六七八。\n九十。十一十二"

    assert split(text, limit=14) == ["一二三四五六七八。\n", "九十。十一十二"]


def test_a_short_text_is_one_part() -> None:
    assert split("灯坏了") == ["灯坏了"]
    assert split("") == []


@given(st.text(st.sampled_from("@a_b1 /:tgTGonN.me中")))
def test_nothing_in_a_harmless_text_is_a_mention_a_command_or_app_link(text: str) -> None:
    spelled = harmless(text, username="xiaoqi_bot")

    entities = World().entities(spelled)
    marked = [spelled[one["offset"] : one["offset"] + one["length"]] for one in entities]
    assert spelled.replace("\u2060", "") == text
    assert all(mark.startswith("http") for mark in marked)


@pytest.mark.parametrize("link", ["字tg://resolve?domain=x", "xTON://a", "看tonsite://a"])
def test_a_link_into_the_app_is_broken_wherever_it_stands(link: str) -> None:
    assert "://" not in harmless(link, username="xiaoqi_bot")


def test_a_link_to_a_chat_is_broken_after_a_sign_that_folds_to_a_letter() -> None:
    assert World().entities(harmless("\u212at.me/joinchat/x", username="xiaoqi_bot")) == []


@given(st.integers(min_value=0))
def test_a_hostile_string_comes_out_whole_and_harmless(seed: int) -> None:
    assert [why for seen in strings(seed, 3) if (why := complaint(seen))] == []


def test_a_mail_address_stays_as_it_is() -> None:
    assert harmless("wang@example.org", username="xiaoqi_bot") == "wang@example.org"


@given(st.lists(st.text(max_size=20)))
def test_every_button_stands_once_and_in_order(labels: list[str]) -> None:
    buttons = [Button(label=label, token=str(at)) for at, label in enumerate(labels)]

    laid = list(rows(buttons))

    assert [button for row in laid for button in row] == buttons
    assert all(1 <= len(row) <= ROW_MOST for row in laid)
    assert all(len(row) == 1 or width(row) <= ROW_WIDTH for row in laid)


def width(row: object) -> int:
    assert isinstance(row, list)
    return sum(
        4 + sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in button.label)
        for button in row
    )


def test_the_five_marks_of_a_rating_stand_beside_each_other() -> None:
    buttons = [Button(label=str(mark), token=str(mark)) for mark in range(1, 6)]

    assert len(list(rows(buttons))) == 1
