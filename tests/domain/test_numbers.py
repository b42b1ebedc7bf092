"""The number of a work order survives being read out, mistyped and written in any width."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.numbers import find_numbers, is_valid, make_number

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
NUMBERS = st.builds(make_number, DAYS, st.integers(0, 99_999))
A_NUMBER = make_number(date(2026, 6, 21), 48213)


@given(DAYS, st.integers(0, 99_999))
def test_a_number_tells_the_day_and_has_ten_digits(day: date, random_digits: int) -> None:
    number = make_number(day, random_digits)

    assert number[:4] == f"{day:%m%d}"
    assert number[4:9] == f"{random_digits:05}"
    assert len(number) == 10
    assert is_valid(number)


def test_the_check_digit_is_the_one_published_for_damm() -> None:
    """572 → 4 is the worked example of Damm; 0101 brings it back to where it begins."""
    assert make_number(date(2026, 1, 1), 0) == "0101000000"
    assert make_number(date(2026, 1, 1), 572) == "0101005724"


@given(NUMBERS)
def test_every_single_wrong_digit_is_found(number: str) -> None:
    wrong = [
        number[:i] + digit + number[i + 1 :]
        for i in range(10)
        for digit in "0123456789"
        if digit != number[i]
    ]
    assert not any(is_valid(each) for each in wrong)


@given(NUMBERS)
def test_every_swap_of_neighbours_is_found(number: str) -> None:
    swapped = [
        number[:i] + number[i + 1] + number[i] + number[i + 2 :]
        for i in range(9)
        if number[i] != number[i + 1]
    ]
    assert not any(is_valid(each) for each in swapped)


@pytest.mark.parametrize("random_digits", [-1, 100_000])
def test_more_than_five_random_digits_are_refused(random_digits: int) -> None:
    with pytest.raises(ValueError, match=str(random_digits)):
        make_number(date(2026, 6, 21), random_digits)


@pytest.mark.parametrize(
    "text", ["", "062148213", "0621482130 ", "１２３", "13800138000", "²" * 10]
)
def test_what_is_not_a_number_is_not_valid(text: str) -> None:
    assert not is_valid(text)


@pytest.mark.parametrize("month_and_day", ["0000", "0230", "1301", "0631"])
def test_a_day_that_does_not_exist_is_not_valid(month_and_day: str) -> None:
    assert not any(is_valid(f"{month_and_day}00000{digit}") for digit in range(10))


def test_the_twenty_ninth_of_february_is_a_day() -> None:
    assert is_valid(make_number(date(2028, 2, 29), 0))


FULL_WIDTH = str.maketrans("0123456789#", "０１２３４５６７８９＃")


@pytest.mark.parametrize(
    "text",
    [
        A_NUMBER,
        f"工单#{A_NUMBER}怎么样了？",
        f"查进度 {A_NUMBER}",
        f"# {A_NUMBER[:4]} {A_NUMBER[4:9]} {A_NUMBER[9]}",
        f"{A_NUMBER[:4]}-{A_NUMBER[4:]}",
        f"单号：#{A_NUMBER}。".translate(FULL_WIDTH),
        f"{A_NUMBER[:4]}\u3000{A_NUMBER[4:]}",
        f"3 号楼 5 {A_NUMBER[:4]} {A_NUMBER[4:]}",
        f"{A_NUMBER}，对，就是{A_NUMBER}",
    ],
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert find_numbers(text) == (A_NUMBER,)


def test_two_numbers_are_found_in_the_order_said() -> None:
    other = make_number(date(2026, 6, 20), 7)
    assert find_numbers(f"{A_NUMBER} {other}") == (A_NUMBER, other)


@pytest.mark.parametrize("text", ["", "灯坏了", "13800138000", f"1{A_NUMBER}", f"{A_NUMBER}0"])
def test_other_digits_are_left_alone(text: str) -> None:
    assert find_numbers(text) == ()
