"""The category table and the intent files are right, and wrong ones are refused by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.orders import OrderClass
from domain.people import Role
from domain.rules import Category
from knowledge.intents import IntentError, Intents
from knowledge.tables import BadCategory, read_categories, read_category
from knowledge.words import Words

ROW = {
    "code": "0402",
    "name_zh": "照明",
    "name_en": "Lighting",
    "class": "N",
    "typical_words": "路灯",
}


_NESTED = re.compile(r"[*+]\)[*+]")


def test_every_category_is_complete(categories: dict[str, Category]) -> None:
    assert len(categories) == 70
    for code, category in categories.items():
        assert code[:2] in categories
        if category.order_class in (None, OrderClass.Q, OrderClass.S, OrderClass.X):
            continue
        assert category.words, code
        assert category.done_when, code


def test_what_is_not_ours_shows_the_lawful_path(categories: dict[str, Category]) -> None:
    unlawful = [each for each in categories.values() if each.order_class is OrderClass.X]

    assert [each.code for each in unlawful] == ["13"]
    assert "12388" in unlawful[0].path


def test_a_complaint_about_the_property_does_not_go_to_it(categories: dict[str, Category]) -> None:
    assert categories["0305"].owner is Role.PROPERTY
    assert categories["0402"].owner is Role.GRID_LEADER
    assert categories["0408"].owner is not Role.PROPERTY
    assert categories["0107"].owner is Role.WOMEN_CONTACT


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("code", "4"),
        ("code", ""),
        ("code", "四二"),
        ("name_zh", " "),
        ("class", "Z"),
        ("owner", "mayor"),
    ],
)
def test_a_bad_row_names_its_column(column: str, value: str) -> None:
    with pytest.raises(BadCategory) as refused:
        read_category({**ROW, column: value})

    assert refused.value.column == column


def test_a_code_named_twice_is_refused() -> None:
    with pytest.raises(BadCategory, match="second time"):
        read_categories([ROW, ROW])


def test_words_said_together() -> None:
    words = Words.of("灯/路灯+不亮/坏")

    assert words.said_in("楼道的灯又坏了") == ("灯", "坏")
    assert words.said_in("路灯不亮") == ("路灯", "不亮")
    assert words.said_in("灯真亮") == ()


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('patterns = ["("]', "urge.toml"),
        ('patterns = ["(催+)+"]', "repeats a repetition"),
        ('words = "催"', "not a list"),
        ("words = [3]", "not a list"),
        ("priority = 99", "cannot be changed"),
        ('takes = ["money"]', "takes knows"),
        ("words = ", "not readable"),
    ],
)
def test_a_bad_intent_file_is_refused(tmp_path: Path, written: str, reason: str) -> None:
    (tmp_path / "urge.toml").write_text(written, encoding="utf-8")

    with pytest.raises(IntentError, match=reason):
        Intents.load([tmp_path])


def test_an_intent_without_a_handler_cannot_be_added(tmp_path: Path) -> None:
    (tmp_path / "dance.toml").write_text('words = ["跳舞"]', encoding="utf-8")

    with pytest.raises(IntentError, match="no such intent"):
        Intents.load([tmp_path])


def test_a_community_adds_words_to_an_intent(tmp_path: Path) -> None:
    (tmp_path / "urge.toml").write_text('words = ["阿能快滴子"]', encoding="utf-8")

    fits = Intents.load([tmp_path]).fits("阿能快滴子", staff=False, holds=frozenset())

    assert [fit.intent.name for fit in fits] == ["urge"]


def test_no_pattern_of_ours_can_take_for_ever() -> None:
    """Every quantified group holds no unbounded quantifier of its own."""
    sources = Path(__file__).parents[2].glob("knowledge/*.py")
    nested = [
        (source.name, found)
        for source in sources
        for found in _NESTED.findall(source.read_text(encoding="utf-8"))
    ]

    assert nested == []
