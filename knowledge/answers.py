"""Short answers to a question: a choice, a yes or no, a rating."""

from __future__ import annotations

import re

from knowledge.lexicon import lexicon
from knowledge.numerals import in_digits

_CHOICE = re.compile(
    r"(?P<named>(?:我?选|就?第|是第|回)\s?)?(?P<value>\d{1,2}|[一二三四五六七八九])\s?"
    r"(?P<counted>个|项|号|条|件)?(?:吧|哦|啊|呢)?"
)
_ROW = re.compile(r"第\s?(?P<row>[1-9一二两三四五六七八九])\s?[个件条单项]")
_RATING = re.compile(r"(?:给|打|评)?\s?(?P<value>[1-5一二三四五两])\s?(?:分|颗?星|星级)")
_RATING_AFTER = re.compile(
    r"[\s,.!](?:我)?(?:给|打|评)?(?:你们|个|了)?\s?"
    r"(?:(?P<value>[1-5一二三四五两])\s?(?:分|颗?星)|(?P<word>好评|差评|满分))[吧啊哈!.]*$"
)
_STARS = re.compile("[⭐★🌟]{1,5}")
_WORDS = {
    "非常满意": 5,
    "很满意": 5,
    "十分满意": 5,
    "特别满意": 5,
    "挺满意": 4,
    "比较满意": 4,
    "基本满意": 4,
    "满意": 4,
    "一般": 3,
    "一般般": 3,
    "还行": 3,
    "不太满意": 2,
    "不满意": 2,
    "很不满意": 1,
    "非常不满意": 1,
    "极不满意": 1,
    "差评": 1,
    "好评": 5,
    "五星好评": 5,
    "满分": 5,
}
_FIRST = re.compile(r"[\s,.!?;:~，。！？；：]+")
_MARKS = re.compile(r"[\s,.!?;:~]+")


def bare(key: str) -> str:
    """The words without marks around and between them."""
    return _MARKS.sub("", key)


def find_choice(key: str, *, asked: bool) -> int | None:
    """A bare number: 2, 选2, 第三个; a bare Chinese numeral counts only as an answer."""
    match = _CHOICE.fullmatch(bare(key))
    if match is None:
        return None
    if not match["value"].isdigit() and not (match["named"] or match["counted"] or asked):
        return None
    return int(in_digits(match["value"]))


def find_row(key: str) -> int | None:
    """The row of a list that is spoken of, anywhere: 第三个不用了."""
    match = _ROW.search(key)
    return None if match is None else int(in_digits(match["row"]))


def find_yes(key: str, *, asked: bool) -> bool | None:
    """A plain yes or no; as an answer, what follows the first word may add to it (不对，是5栋)."""
    words = lexicon()
    said = bare(key)
    first = _MARKS.split(key.strip(), maxsplit=1)[0] if asked else ""
    if said in words.yes or first in words.yes:
        return True
    if said in words.no or first in words.no:
        return False
    return None


def after_the_first_word(text: str) -> str:
    """What is said after a plain yes or no: 最多给一天, of 不行，最多给一天."""
    _, _, rest = _FIRST.sub("\n", text.strip(), count=1).partition("\n")
    return rest.strip()


def find_rating(key: str, *, asked: bool) -> int | None:
    """1 to 5: 5分, 五星, ⭐⭐⭐, 不满意; as an answer to that question also a bare digit."""
    if match := _RATING.match(key.strip()):
        return int(in_digits(match["value"]))
    if match := _STARS.match(key.strip()):
        return len(match[0])
    if match := _RATING_AFTER.search(key.strip()):
        return int(in_digits(match["value"])) if match["value"] else _WORDS[match["word"]]
    said = bare(key)
    if said in _WORDS:
        return _WORDS[said]
    if asked:
        first = _MARKS.split(key.strip(), maxsplit=1)[0]
        choice = find_choice(first, asked=True)
        return _WORDS.get(first, choice if choice in range(1, 6) else None)
    return None
