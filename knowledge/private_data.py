"""Private data in what people type: identity and mobile numbers, bank cards, number plates, and
what is told of other people's private matters.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources

_S = r"[ \-.·_]{0,2}"  # what people put between groups of digits
_IDENTITIES = tuple(
    re.compile(rf"(?<![\da-z]){groups}(?![\da-z])")
    for groups in (
        rf"\d{{6}}{_S}\d{{4}}{_S}\d{{4}}{_S}\d{{3}}[\dx]",
        rf"\d{{3}}{_S}\d{{3}}{_S}\d{{4}}{_S}\d{{4}}{_S}\d{{3}}[\dx]",
        rf"(?:\d{{4}}{_S}){{4}}\d[\dx]",
        r"\d(?:[ \-]\d){16}[ \-][\dx]",
    )
)
_OLD_IDENTITY = re.compile(r"(?<![\da-z])[1-8]\d{14}(?!\d)")
_MASKED_IDENTITY = re.compile(r"(?<!\d)\d{10,14}[x*]{3,8}")
_MOBILES = tuple(
    re.compile(rf"(?<![\d.])(?:(?:\+|00)?86{_S})?{groups}(?!\d)")
    for groups in (
        rf"1[3-9]\d{_S}\d{{4}}{_S}\d{{4}}",
        rf"1[3-9]\d{_S}\d{{3}}{_S}\d{{5}}",
        rf"1[3-9]\d{{2}}{_S}\d{{3}}{_S}\d{{4}}",
        rf"1[3-9]\d{{2}}{_S}\d{{4}}{_S}\d{{3}}",
        rf"1[3-9]\d{{3}}{_S}\d{{3}}{_S}\d{{3}}",
        r"1(?:[ \-.]\d){10}",
    )
)
_CARDS = tuple(
    re.compile(rf"(?<!\d){groups}(?!\d)")
    for groups in (
        rf"\d{{4}}(?:{_S}\d{{4}}){{2}}{_S}\d{{3,4}}(?:{_S}\d{{1,3}})?",
        rf"\d{{6}}{_S}\d{{9,13}}",
        rf"\d{{4}}{_S}\d{{6}}{_S}\d{{5}}",
    )
)
# How the numbers of cards begin; other long numbers pass Luhn's check one time in ten.
_ISSUED = re.compile(r"4|5[1-5]|62|60|65|68|69|35|3[0467]|9[0459]|8[478]|622")
_PLATE = re.compile(
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[a-hj-z][·.\- ]?(?:(?=[a-z\d]{0,5}\d)[a-hj-np-z\d]{5,6}(?![a-z\d])|\d{4}[警学挂港澳领])"
)
_PASSPORT = re.compile(r"(?:护照|通行证)[^\d\n]{0,6}?(?P<number>[a-z]{1,2}\d{7,9})(?!\d)")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCE = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_NAMED = re.compile(r"身份证|证号|公民号")
# What somebody is asked about for whom a number is given: then a digit of it may be mistyped.
_OF_A_PERSON = re.compile(r"身份|社保|医保|户口|户籍|公积金|养老|证件|实名|低保|残疾证")
_CARD_NAMED = re.compile(r"卡号|银行卡|储蓄卡|信用卡|账号|账户")
# Numbers of parcels, orders, meters and the like.
_OTHER_NUMBER = re.compile(
    r"(?:单号|快递|运单|订单|物流|流水|编号|户号|表号|条码|序列号|型号|件号|批号|票号|合同号)"
    r"(?:号码|码|是|为|[: #])*[a-z]{0,4}$"
)
_SPOKEN = str.maketrans("零〇洞一幺二两三四五六七八九", "00011223456789")
_NEAR = 10


def find_private_data(key: str) -> tuple[tuple[int, int, str], ...]:
    """Spans (start, end, kind) in order: id, mobile, card, plate or passport; none overlap.

    An identity number is known by its checksum (GB 11643-1999), or by the word 身份证 just before
    it when somebody mistyped a digit; a card by Luhn's and by how it begins. Chinese numerals are
    digits, too (幺三八…).
    """
    found: list[tuple[int, int, str]] = []
    spoken = key.translate(_SPOKEN)
    for said in (key, spoken) if spoken != key else (key,):
        for start, end, kind in _candidates(said):
            if all(end <= other[0] or other[1] <= start for other in found):
                found.append((start, end, kind))
    return tuple(sorted(found))


def masked(text: str) -> str:
    """The words with identity, card and passport numbers made unreadable; of a mobile number the
    first three and the last four digits stay (138****5678). Number plates stay: reports name them.
    """
    for start, end, kind in _private(text):
        hidden = "*" * (end - start)
        if kind == "mobile":
            digits = _mobile(text, start, end)
            hidden = f"{digits[:3]}****{digits[-4:]}"
        text = text[:start] + hidden + text[end:]
    return text


def mobiles_in(text: str) -> tuple[str, ...]:
    """The mobile numbers somebody typed, as eleven digits."""
    found = reversed(_private(text))
    return tuple(_mobile(text, start, end) for start, end, kind in found if kind == "mobile")


def tells_of_others(key: str) -> bool:
    """Whether somebody else's private matters are told: illness, marriage, debts, past, deeds.

    A clause must speak of somebody (a room, a neighbour, a name) and of such a matter.
    """
    somebody, matter, nobody = _others()
    return any(
        matter.search(clause) and somebody.search(clause) and not nobody.search(clause)
        for clause in re.split(r"[.!?;\n]", key)
    )


def _private(text: str) -> list[tuple[int, int, str]]:
    """What must not be shown of what was typed, the last first."""
    return [one for one in reversed(find_private_data(_key(text))) if one[2] != "plate"]


def _key(text: str) -> str:
    """The text to compare, every character where it was."""
    plain = ((char, unicodedata.normalize("NFKC", char).lower()) for char in text)
    return "".join(simple if len(simple) == 1 else char for char, simple in plain)


def _mobile(text: str, start: int, end: int) -> str:
    return re.sub(r"\D", "", _key(text[start:end]).translate(_SPOKEN))[-11:]


def _candidates(key: str) -> Iterator[tuple[int, int, str]]:
    for match in _all(_IDENTITIES, key):
        named = _NAMED.search(_before(match, key))
        mistyped = _OF_A_PERSON.search(key) and _may_be_identity(_digits(match[0]))
        if named or mistyped or _is_identity(_digits(match[0])):
            yield match.start(), match.end(), "id"
    for match in _OLD_IDENTITY.finditer(key):
        named = _NAMED.search(_before(match, key))
        if named or (_is_old_identity(match[0]) and not _is_other(match, key)):
            yield match.start(), match.end(), "id"
    for match in _MASKED_IDENTITY.finditer(key):
        if not _is_other(match, key):
            yield match.start(), match.end(), "id"
    for match in _all(_CARDS, key):
        if _is_card(match, key):
            yield match.start(), match.end(), "card"
    for match in _all(_MOBILES, key):
        if re.match(r"(?:(?:00)?86)?1[3-9]", _digits(match[0]).lstrip("+")) and not _is_other(
            match, key
        ):
            yield match.start(), match.end(), "mobile"
    for match in _PLATE.finditer(key):
        yield match.start(), match.end(), "plate"
    for match in _PASSPORT.finditer(key):
        yield match.start("number"), match.end("number"), "passport"


def _all(patterns: tuple[re.Pattern[str], ...], key: str) -> Iterator[re.Match[str]]:
    for pattern in patterns:
        yield from pattern.finditer(key)


def _before(match: re.Match[str], key: str) -> str:
    return key[max(match.start() - _NEAR, 0) : match.start()]


def _is_other(match: re.Match[str], key: str) -> bool:
    return _OTHER_NUMBER.search(_before(match, key)) is not None


def _digits(said: str) -> str:
    return re.sub(r"[ \-.·_]", "", said)


def _is_identity(digits: str) -> bool:
    if not _PROVINCE.match(digits):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return "10x98765432"[total % 11] == digits[-1] and _is_day(digits[6:14])


def _may_be_identity(digits: str) -> bool:
    """A province and a day of birth of somebody alive: a digit of it may be mistyped."""
    return (
        len(digits) == 18
        and _PROVINCE.match(digits) is not None
        and digits[6:8] in ("19", "20")
        and _is_day(digits[6:14])
    )


def _is_old_identity(digits: str) -> bool:
    return _PROVINCE.match(digits) is not None and _is_day(f"19{digits[6:12]}")


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def _is_card(match: re.Match[str], key: str) -> bool:
    digits = _digits(match[0])
    if not 15 <= len(digits) <= 19 or _is_other(match, key):
        return False
    named = _CARD_NAMED.search(_before(match, key)) is not None
    return named or (_ISSUED.match(digits) is not None and _passes_luhn(digits))


def _passes_luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0


@cache
def _others() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    text = (resources.files("knowledge") / "private_matters.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return (
        re.compile("|".join(table["somebody"])),
        re.compile("|".join(table["matter"])),
        re.compile("|".join(table["nobody"])),
    )
