"""The public number of a work order: MMDD, five random digits and a check digit.

The check digit is Damm's (H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004): one
decimal digit that finds every wrong digit and every swap of two neighbours, the two slips people
make when they read a number out. ISO 7064 MOD 11,10 lets some swaps pass.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

# Damm's totally anti-symmetric quasigroup of order 10; row: so far, column: next digit.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
RANDOM_DIGITS = 5
_NUMBER = re.compile(r"\d{10}", re.ASCII)
# Looked at from every digit that begins a run, so that "5 0621 48213 5" finds the second one.
_SPOKEN = re.compile(r"(?<!\d)(?=(\d(?:[ -]?\d){9})(?!\d))", re.ASCII)
_A_LEAP_YEAR = 2024


def make_number(day: date, random_digits: int) -> str:
    """The number of a work order opened on this local day; the caller draws the random part."""
    if not 0 <= random_digits < 10**RANDOM_DIGITS:
        raise ValueError(f"{random_digits} is not {RANDOM_DIGITS} digits")
    digits = f"{day:%m%d}{random_digits:0{RANDOM_DIGITS}d}"
    return f"{digits}{_check(digits)}"


def is_valid(number: str) -> bool:
    """Whether this can be a number: ten digits, a real day, the right check digit."""
    return bool(_NUMBER.fullmatch(number)) and _is_day(number) and _check(number) == 0


def find_numbers(text: str) -> tuple[str, ...]:
    """The valid numbers in what somebody wrote, in order, each once.

    Full-width digits, a # in front, and single spaces or hyphens between the digits are fine.
    """
    plain = unicodedata.normalize("NFKC", text)
    spoken = (re.sub("[ -]", "", match[1]) for match in _SPOKEN.finditer(plain))
    return tuple(dict.fromkeys(number for number in spoken if is_valid(number)))


def _check(digits: str) -> int:
    """The digit that completes `digits`; 0 when the last of them already does."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def _is_day(number: str) -> bool:
    try:
        date(_A_LEAP_YEAR, int(number[:2]), int(number[2:4]))
    except ValueError:
        return False
    return True
