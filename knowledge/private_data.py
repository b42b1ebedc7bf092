"""Private data in what people type: identity and mobile numbers, bank cards, number plates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

_IDENTITY = re.compile(r"(?<![\da-z])\d{6}[ -]?\d{8}[ -]?\d{3}[\dx](?![\da-z])")
_OLD_IDENTITY = re.compile(r"(?<!\d)\d{15}(?!\d)")
_MASKED_IDENTITY = re.compile(r"(?<!\d)\d{10,14}[x*]{3,8}")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_CARD = re.compile(r"(?<!\d)\d{4}(?:[ -]?\d{4}){2}[ -]?\d{3,4}(?:[ -]?\d{1,3})?(?!\d)")
_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[a-hj-z][·.\- ]?(?=[a-z\d]{0,5}\d)[a-hj-np-z\d]{5,6}(?![a-z\d])"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_NAMED = "身份证"


def find_private_data(key: str) -> tuple[tuple[int, int, str], ...]:
    """Spans (start, end, kind) in order: id, mobile, card or plate; none overlap.

    An identity number is known by its checksum (GB 11643-1999), or by the word 身份证 just before
    it when somebody mistyped a digit; a card by Luhn's.
    """
    found: list[tuple[int, int, str]] = []
    for start, end, kind in _candidates(key):
        if all(end <= other[0] or other[1] <= start for other in found):
            found.append((start, end, kind))
    return tuple(sorted(found))


def _candidates(key: str) -> Iterator[tuple[int, int, str]]:
    for match in _IDENTITY.finditer(key):
        if (
            _is_identity(_digits(match[0]))
            or _NAMED in key[max(match.start() - 8, 0) : match.start()]
        ):
            yield match.start(), match.end(), "id"
    for match in _OLD_IDENTITY.finditer(key):
        if _is_day(f"19{match[0][6:12]}"):
            yield match.start(), match.end(), "id"
    for match in _MASKED_IDENTITY.finditer(key):
        yield match.start(), match.end(), "id"
    for match in _CARD.finditer(key):
        if _passes_luhn(_digits(match[0])):
            yield match.start(), match.end(), "card"
    for pattern, kind in ((_MOBILE, "mobile"), (_PLATE, "plate")):
        for match in pattern.finditer(key):
            yield match.start(), match.end(), kind


def _digits(said: str) -> str:
    return said.replace(" ", "").replace("-", "")


def _is_identity(digits: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return "10x98765432"[total % 11] == digits[-1] and _is_day(digits[6:14])


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def _passes_luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0
