"""Words without what says who wrote them: for those who need to know only what was asked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from importlib import resources

from domain.numbers import find_numbers
from knowledge.normal import normal
from knowledge.private_data import find_private_data
from knowledge.spellings import PlaceReader

HOME = frozenset({"building", "entrance", "room"})
# Five digits and more tell people apart, whatever they count; numerals are digits, too.
_CN = "[零〇一二两三四五六七八九幺洞]"
_LONG_NUMBER = re.compile(rf"\d(?:[ \-.·_]{{0,2}}\d){{4,}}|{_CN}(?:[ \-]?{_CN}){{4,}}")
_LETTERS_AND_DIGITS = re.compile(r"(?<![a-z\d])(?=[a-z\d][a-z\-_]{0,30}\d)[a-z\d][a-z\d_\-]{4,}")
_MAIL = re.compile(r"[a-z\d._+\-]{1,64}@[a-z\d.\-]+|@[\w\-]{2,}")
_HOUSE = re.compile(r"(?<=[路街巷道弄])\d{1,5}(?=[号弄])")


def anonymous(text: str, *, names: Collection[str] = (), places: PlaceReader | None = None) -> str:
    """The words in their normal form with numbers of people, their names and homes unreadable.

    `names` are those known already. A name that nobody knows is found by what stands around it
    (我叫…, …阿姨), so not every one is.
    """
    said = normal(text)
    letters = list(said.text)
    for start, end in _spans(said.key, said.text, names, places or PlaceReader()):
        letters[start:end] = "*" * (end - start)
    return "".join(letters)


def _spans(
    key: str, text: str, names: Collection[str], places: PlaceReader
) -> Iterator[tuple[int, int]]:
    yield from ((start, end) for start, end, _ in find_private_data(key))
    for pattern in (_LONG_NUMBER, _LETTERS_AND_DIGITS, _MAIL, _HOUSE):
        yield from (match.span() for match in pattern.finditer(key))
    yield from ((part.start, part.end) for part in places.parts(key, text) if part.part in HOME)
    for name in (*names, *find_numbers(text)):
        if len(name) > 1:
            yield from (match.span() for match in re.finditer(re.escape(name.lower()), key))
    for pattern in _signs():
        yield from (match.span("name") for match in pattern.finditer(key))


@cache
def _signs() -> tuple[re.Pattern[str], ...]:
    """Where a name stands: after a word that names somebody, before a title; an account."""
    text = (resources.files("knowledge") / "anonymous.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    surname = f"(?:{'|'.join(table['double_surnames'])}|[{''.join(table['surnames'].split())}])"
    no_name = f"(?!{'|'.join(table['no_name'])})"
    cjk = "[\u4e00-\u9fff]"
    after = f"(?=[^\u4e00-\u9fff]|$|[一二三四五六七八九]十|{_any(table['after'])})"
    return (
        re.compile(
            rf"(?:{_any(table['before'])})[ :]?(?P<name>{no_name}{surname}{cjk}{{1,2}}?){after}"
        ),
        re.compile(rf"(?P<name>{no_name}{surname}{cjk}{{0,2}}?)(?:{_any(table['titles'])})"),
        re.compile(rf"(?<!{cjk})[老小](?P<name>{surname})(?=[^\u4e00-\u9fff]|$|的|家|说|是)"),
        re.compile(rf"(?:{_any(table['accounts'])})[是:为 ]{{0,2}}(?P<name>[a-z\d_\-.]{{3,}})"),
    )


def _any(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
