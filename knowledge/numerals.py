"""Chinese numerals as digits."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
_VALUES = {char: value for value, char in enumerate(DIGITS)} | {"〇": 0, "两": 2, "廿": 20}
_UNITS = {"十": 10, "百": 100}
NUMERALS = "".join((*_VALUES, *_UNITS))


def in_digits(numeral: str) -> str:
    """The digits of a numeral: 十二 → 12, 五零一 → 501, 03 → 3, b → B; anything else as it is."""
    if numeral.isascii():
        return numeral.lstrip("0") or numeral if numeral.isdigit() else numeral.upper()
    if not all(char in NUMERALS for char in numeral):
        return numeral
    if any(char in _UNITS for char in numeral):
        return str(_sum(numeral))
    return "".join(str(_VALUES[char]) for char in numeral)


def _sum(numeral: str) -> int:
    total, pending = 0, 0
    for char in numeral:
        if char in _UNITS:
            total += (pending or 1) * _UNITS[char]
            pending = 0
        else:
            pending = _VALUES[char]
    return total + pending
