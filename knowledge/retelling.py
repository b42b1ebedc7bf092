"""What a model is asked about policy entries, and which of its answers may be given.

A model only says again what an entry says: an answer that cites no entry it was given, or holds a
number, a link or a promise that is not written there, is not taken. How sure we are, the source
and the date stay ours.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from domain.policies import Policy
from knowledge.normal import normal
from knowledge.questions import bare, is_weak, pairs_of

MOST_LINES, LONGEST = 5, 240
# Shares of what the answer says that the entry must say, too.
CHARACTERS_WRITTEN, PAIRS_WRITTEN = 0.7, 0.3

_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_BOLD = re.compile(r"\*\*([^*\n]*)\*\*")
_ODD = re.compile(
    r"[^\u3400-\u4dbf\u4e00-\u9fffa-zA-Z0-9\s"
    r"，。！？；：（）、“”‘’《》「」…—～·.,!?;:()%％￥¥+\-/~&=_#℃㎡]"
)
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_DIGITS = re.compile(r"\d(?:[.:]?\d)*")
_SPREAD = re.compile(r"\d(?:\D{0,3}\d){6,}")
_LATIN = re.compile(r"[a-z][a-z\d.:/?=&%#+_\-]*")
_PLAIN = str.maketrans("零〇一二两三四五六七八九", "001223456789")
_VALUES = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}


class NotTaken(Exception):
    """The answer is not given to anybody; `why` is one word for the counters."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An entry as a model sees it, under a mark that it cannot know beforehand."""

    mark: str
    policy: Policy


def offered(policies: Iterable[Policy], fence: str) -> tuple[Offered, ...]:
    """The entries under marks of this one question."""
    return tuple(
        Offered(mark=f"{fence}-{row}", policy=policy) for row, policy in enumerate(policies, 1)
    )


def conversation(
    asked: str, entries: Sequence[Offered], fence: str, *, retell: bool
) -> list[dict[str, str]]:
    """The messages for a chat model: what to do, and the data between two fences.

    `asked` must be anonymous already. As JSON nothing inside can end the text it stands in.
    """
    told = _table()["instruction"]["retell" if retell else "choose"]
    data = {
        "question": asked,
        "entries": [{"id": one.mark, **_written(one.policy)} for one in entries],
    }
    line = f"===== {fence} ====="
    return [
        {"role": "system", "content": told.format(fence=line).strip()},
        {
            "role": "user",
            "content": f"{line}\n{json.dumps(data, ensure_ascii=False)}\n{line}",
        },
    ]


def cited(said: str, entries: Sequence[Offered]) -> tuple[Policy, str]:
    """The entry an answer goes back to, and its words as they were said; raises NotTaken."""
    text = _THOUGHT.sub("", said)
    begins, ends = text.find("{"), text.rfind("}")
    try:
        answer = json.loads(text[begins : ends + 1]) if 0 <= begins < ends else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise NotTaken("garbage")
    mark, words = answer.get("cites"), answer.get("answer")
    if not mark:
        raise NotTaken("cites_nothing")
    policy = next((one.policy for one in entries if one.mark == mark), None)
    if policy is None:
        raise NotTaken("cites_unknown")
    return policy, words if isinstance(words, str) else ""


def retold(words: str, policy: Policy) -> str:
    """The words of an answer in one line, when the entry says the same; raises NotTaken."""
    said = _BOLD.sub(r"\1", words).strip()
    if not said:
        raise NotTaken("empty")
    if len(said) > LONGEST or len(said.splitlines()) > MOST_LINES:
        raise NotTaken("too_long")
    if _ODD.search(said):
        raise NotTaken("odd_characters")
    answer, entry = normal(said), normal("\n".join(_written(policy).values()))
    _same_numbers(answer.key, entry.key)
    if any(latin not in entry.key for latin in _LATIN.findall(answer.key)):
        raise NotTaken("link_or_name")
    for word in _table()["answer"]["only_if_written"]:
        if word in answer.key and word not in entry.key:
            raise NotTaken("not_written")
    _same_sense(bare(said), bare(entry.text))
    return " ".join(line.strip() for line in answer.text.splitlines())


def _written(policy: Policy) -> dict[str, str]:
    """What the entry says; all of it has been published."""
    said = {
        "question": policy.question,
        "answer": policy.answer,
        "materials": policy.materials,
        "where": policy.place,
        "hours": policy.hours,
        "phone": policy.phone,
        "link": policy.link,
    }
    return {name: text for name, text in said.items() if text}


def _same_numbers(answer: str, entry: str) -> None:
    """Every number of the answer stands in the entry, and no number is put together of others."""
    if not _numbers(answer) <= _numbers(entry):
        raise NotTaken("number")
    whole = re.sub(r"\D", "", entry.translate(_PLAIN))
    for found in _SPREAD.finditer(answer.translate(_PLAIN)):
        if re.sub(r"\D", "", found[0]) not in whole:
            raise NotTaken("number")


def _numbers(key: str) -> set[str]:
    for word in _table()["answer"]["no_numbers"]:
        key = key.replace(word, " ")
    found = {digits.lstrip("0") or "0" for digits in _DIGITS.findall(key)}
    return found | {_value(numeral) for numeral in _NUMERAL.findall(key)}


def _value(numeral: str) -> str:
    """三百 → 300, 八十 → 80, 一二三 → 123."""
    if not set(numeral) & (_TENS.keys() | _MYRIADS.keys()):
        return numeral.translate(_PLAIN).lstrip("0") or "0"
    total = part = digit = 0
    for char in numeral:
        if char in _MYRIADS:
            total += (part + digit or 1) * _MYRIADS[char]
            part = digit = 0
        elif char in _TENS:
            part += (digit or 1) * _TENS[char]
            digit = 0
        else:
            digit = _VALUES[char]
    return str(total + part + digit)


def _same_sense(answer: str, entry: str) -> None:
    """Most of what is said is written, and nothing is denied that is not denied there."""
    said = {char for char in answer if not (char.isascii() or is_weak(char))}
    pairs = pairs_of(answer)
    if not said or sum(char in entry for char in said) < CHARACTERS_WRITTEN * len(said):
        raise NotTaken("not_written")
    if sum(pair in entry for pair in pairs) < PAIRS_WRITTEN * len(pairs):
        raise NotTaken("not_written")
    written = _denials(entry)
    for pair, denied in _denials(answer).items():
        if pair in written and not denied <= written[pair]:
            raise NotTaken("denied")
    negations = set(_table()["answer"]["negations"])
    if (set(answer) & negations) - set(entry):
        raise NotTaken("denied")


def _denials(text: str) -> Mapping[str, frozenset[bool]]:
    """Of every two characters, whether they are said, denied (不能领 → 能领), or both."""
    negations = _table()["answer"]["negations"]
    found: dict[str, set[bool]] = {}
    for place in range(len(text) - 1):
        denied = place > 0 and text[place - 1] in negations
        found.setdefault(text[place : place + 2], set()).add(denied)
    return {pair: frozenset(how) for pair, how in found.items()}


@cache
def _table() -> dict[str, dict[str, str]]:
    text = (resources.files("knowledge") / "retelling.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
