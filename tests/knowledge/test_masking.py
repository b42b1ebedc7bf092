"""Numbers that belong to somebody cannot be read in what is shown of people's words."""

from __future__ import annotations

import pytest

from knowledge.phrasebook import Phrasebook
from knowledge.private_data import masked, mobiles_in

ID = "11010519491231002X"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("打13812345678找我", "打138****5678找我"),
        ("电话１３８ 1234 5678，漏水", "电话138****5678，漏水"),
        ("+86 138-1234-5678", "138****5678"),
        ("幺三八一二三四五六七八", "138****5678"),
        (f"身份证{ID}，电话13812345678", f"身份证{'*' * 18}，电话138****5678"),
        ("京A12345占道", "京A12345占道"),
        ("3栋2单元的灯，编号0621482135", "3栋2单元的灯，编号0621482135"),
    ],
)
def test_private_numbers_are_masked(said: str, shown: str) -> None:
    assert masked(said) == shown
    assert masked(shown) == shown


def test_mobile_numbers_are_found_as_digits() -> None:
    assert mobiles_in("138 1234 5678，或幺三九一二三四五六七八") == ("13812345678", "13912345678")


@pytest.mark.parametrize("phrase", ["desk.supplemented", "desk.handled_again_above"])
def test_a_number_is_masked_before_the_words_are_cut(phrase: str) -> None:
    words = "很" * 33 + "电话13812345678"
    values = {"number": "1", "category": "", "cycle": 2, "text": words, "reason": words}
    assert "138123" not in Phrasebook.load().say(phrase, values)
