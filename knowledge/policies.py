"""What to make of a question about policy: which entries may be meant, and how sure that is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources

from domain.policies import Policy, Situation
from domain.readings import PolicyFound
from knowledge.normal import normal
from knowledge.questions import bare, canonical
from knowledge.retrieval import Document, Hit, Index

# Of what is answered nineteen in twenty are to be right (docs/evaluation.md).
SURE = 0.85
POSSIBLE = 0.2
OFFERED = 3
FOUND_KEPT = 512  # texts whose entries are remembered
NEARLY = 0.7  # of the best score, to be offered beside it


class Outcome(StrEnum):
    """What may be done about a question."""

    ANSWER = "answer"  # 答复
    MEANT = "meant"  # 是不是想问
    UNSURE = "unsure"  # 我不确定


def outcome(found: Sequence[Hit | PolicyFound]) -> Outcome:
    """Whether the best may be given, some may be offered, or neither."""
    if not found or found[0].confidence < POSSIBLE:
        return Outcome.UNSURE
    return Outcome.ANSWER if found[0].confidence >= SURE else Outcome.MEANT


class PolicyBook:
    """The published entries and the expired, ready to be asked; it never changes and may be
    shared.
    """

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        self._policies = tuple(policies)
        self._by_code = {policy.code: policy for policy in self._policies}
        self._index = Index([_document(policy) for policy in self._policies])
        # Much of what people write is the same few words: 谢谢, 催一下, 好的.
        self._find = lru_cache(FOUND_KEPT)(self._found)

    def __len__(self) -> int:
        return len(self._policies)

    def find(
        self, text: str, *, units: Sequence[int] | None, day: date | None
    ) -> tuple[PolicyFound, ...]:
        """The entries that may be meant, best first: of these units, the nearest first, and of
        everywhere. One that is not current on this day is found only where no other answers.
        """
        return self._find(text, None if units is None else tuple(units), day)

    def _found(
        self, text: str, units: tuple[int, ...] | None, day: date | None
    ) -> tuple[PolicyFound, ...]:
        outdated = {
            one.code for one in self._policies if day is not None and not one.is_current(day)
        }
        return tuple(
            PolicyFound(
                code=hit.key, score=round(hit.score, 3), confidence=round(hit.confidence, 3)
            )
            for hit in self._index.search(text, among=units, last=outdated)
        )

    def entries(self, codes: Iterable[str], day: date | None) -> list[Policy]:
        """The entries with these codes that may be given on this day, in their order."""
        known = (self._by_code[code] for code in codes)
        return [one for one in known if day is None or one.is_current(day)]


def _document(policy: Policy) -> Document:
    return Document(
        key=policy.code,
        phrasings=(policy.question, *policy.alternatives),
        body=policy.answer,
        scope=policy.unit,
        group=policy.subject or canonical(bare(policy.question)),
    )


def worth_offering(found: Sequence[PolicyFound]) -> list[str]:
    """The codes of the few that fit nearly as well as the best."""
    return [one.code for one in found if one.score >= NEARLY * found[0].score][:OFFERED]


def put_first(found: Sequence[PolicyFound], code: str) -> tuple[PolicyFound, ...]:
    """The same finds with another entry before the others: how sure we are of the first, of the
    second and so on stays as it was.
    """
    codes = [one.code for one in found]
    ordered = sorted(codes, key=lambda one: one != code)
    return tuple(replace(one, code=each) for one, each in zip(found, ordered, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aspects:
    words: Mapping[str, str]
    said: re.Pattern[str]
    leading: re.Pattern[str]


def aspect_of(text: str) -> str:
    """What is asked about something named before ("要带什么材料" → "materials"); "" when the text
    names a subject of its own, or asks for none.
    """
    table = _aspects()
    said = canonical(bare(text))
    found = table.said.search(said)
    if found is None:
        return ""
    rest = table.leading.sub("", table.said.sub("", said))
    return "" if len(rest) > 1 else table.words[found[0]]


_DAY = re.compile(r"(?<!\d)(20\d{2})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)")


def day_said(text: str) -> date | None:
    """The one whole date in the text: 2027-06-30, 2027年6月30日."""
    found = _DAY.findall(normal(text).key)
    try:
        return date(*map(int, found[0])) if len(found) == 1 else None
    except ValueError:
        return None


def situation_said(text: str, situations: Sequence[Situation]) -> Situation | None:
    """The only situation that the text names."""
    key = canonical(bare(text))
    named = [one for one in situations if canonical(bare(one.name)) in key]
    return named[0] if len(named) == 1 else None


_DENIES = re.compile("不|没|非|外地")
_AFFIRMS = re.compile("^(?:是|在|有|对|算|符合)|(?:是的|在的|有的|对的)$")
LONGEST_ANSWER = 20  # characters


def situation_answered(text: str, situations: Sequence[Situation]) -> Situation | None:
    """The situation a short answer means: 她户口不在这边, where one of two denies the other."""
    said = situation_said(text, situations)
    key = bare(text)
    if said is not None or len(situations) != 2 or len(key) > LONGEST_ANSWER:
        return said
    denied, affirmed = sorted(situations, key=lambda one: not _DENIES.search(one.name))
    if not _DENIES.search(denied.name) or _DENIES.search(affirmed.name):
        return None
    if _DENIES.search(key):
        return denied
    return affirmed if _AFFIRMS.search(key) else None


@cache
def _aspects() -> _Aspects:
    text = (resources.files("knowledge") / "policies.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    words = {
        canonical(bare(word)): aspect
        for aspect, listed in table["aspects"].items()
        for word in listed
    }
    return _Aspects(
        words=words,
        said=_any_of(words),
        leading=_any_of({canonical(bare(word)) for word in table["leading"]["words"]}),
    )


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(re.escape(word) for word in longest_first))
