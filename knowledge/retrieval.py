"""Finds which of many answers a question asks for, and how sure that is.

Many are thought of, few are looked at: BM25 over characters, pairs of characters and words names
a few phrasings; those are then weighed by what they have in common with the question, both ways,
where a character that only sounds the same counts nearly as much. How sure it is comes from how
alike the best is and how far behind the next one; both sums are fixed by hand
(docs/evaluation.md). People who do not know what a thing is called share no word with its answer,
so the matter that is asked about (`knowledge/subjects.py`) finds answers of the same matter as
well, and makes those of another one less sure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from rapidfuzz.distance import LCSseq

from knowledge.questions import (
    bare,
    canonical,
    is_weak,
    pairs_of,
    questions_within,
    sound,
    words_of,
)
from knowledge.subjects import Meant, Subjects

Features = Callable[[str], list[str]]
Floats = np.ndarray[Any, np.dtype[np.float32]]

K1, B = 1.2, 0.75
LOOKED_AT = 24
LONGEST_QUESTION = 200  # characters; more is no question
LONGEST_TOLD = 400  # characters in which a question is looked for
NO_DOUBT = 0.95  # from here on nothing surer is looked for
LONGEST_PHRASING = 80  # what is longer is told, not asked
SOUNDS_ALIKE = 0.7  # what a character counts that only sounds right
WEAK_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What may be found: an answer's questions in all their phrasings, and its own words."""

    key: str
    phrasings: tuple[str, ...] = ()
    body: str = ""
    scope: int | None = None  # the unit it is for; None: everywhere
    group: str = ""  # of several that answer the same, one is found


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An answer that may be meant; `confidence` is the share of such hits that are right."""

    key: str
    score: float
    confidence: float = 0.0


class Bm25:
    """Scores of many texts for the features they share with a question."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self._count = len(texts)
        lengths = [max(1, len(text)) for text in texts]
        usual = sum(lengths) / max(1, len(lengths))
        found: dict[str, tuple[list[int], list[float]]] = {}
        for place, text in enumerate(texts):
            slack = K1 * (1 - B + B * lengths[place] / usual)
            for feature, times in Counter(text).items():
                places, weights = found.setdefault(feature, ([], []))
                places.append(place)
                weights.append(times * (K1 + 1) / (times + slack))
        self._idf = {feature: self._rarity(len(of[0])) for feature, of in found.items()}
        self._found = {
            feature: (
                np.array(places, dtype=np.int32),
                np.array(weights, dtype=np.float32) * np.float32(self._idf[feature]),
            )
            for feature, (places, weights) in found.items()
        }
        self._unknown = self._rarity(0)

    def rarity(self, feature: str) -> float:
        """How much it says that a text holds this."""
        rarity = self._idf.get(feature, self._unknown)
        return min(rarity, WEAK_SHARE * self._unknown) if is_weak(feature) else rarity

    def scores(self, features: Iterable[str]) -> Floats:
        """The score of every text."""
        total = np.zeros(self._count, dtype=np.float32)
        for feature in features:
            found = self._found.get(feature)
            if found is not None:
                total[found[0]] += found[1]
        return total

    @property
    def nbytes(self) -> int:
        """How much room it takes, nearly."""
        arrays = sum(a.nbytes + b.nbytes + 200 for a, b in self._found.values())
        return arrays + 250 * len(self._found)

    def _rarity(self, held_by: int) -> float:
        return math.log(1 + (self._count - held_by + 0.5) / (held_by + 0.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A text as it is compared."""

    text: str
    characters: frozenset[str]
    words: frozenset[str]
    pairs: frozenset[str]
    sounds: frozenset[str]


@lru_cache(maxsize=4096)
def _compared(bare_text: str) -> Asked:
    """Words as they were said; characters, pairs and sounds in the one way of saying it."""
    text = canonical(bare_text)
    return Asked(
        text=text,
        characters=frozenset(text),
        words=frozenset(words_of(bare_text)),
        pairs=frozenset(pairs_of(text)),
        sounds=frozenset(sound(text).split(" ")),
    )


@dataclass(slots=True)
class _Rows:
    """One line for each phrasing: its text, whose it is, and for which unit."""

    texts: list[str] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)


class Index:
    """An index over documents; it never changes and may be shared."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._keys = [document.key for document in documents]
        self._groups = [document.group or f"key:{document.key}" for document in documents]
        scopes = [-1 if one.scope is None else one.scope for one in documents]
        self._scopes = np.array(scopes, dtype=np.int64)
        rows = _Rows()
        bodies = _Rows()
        for place, document in enumerate(documents):
            for phrasing in dict.fromkeys(document.phrasings):
                short = bare(phrasing)
                if 0 < len(short) <= LONGEST_PHRASING:
                    rows.texts.append(short)
                    rows.owners.append(place)
            told = bare("".join(one for one in document.phrasings if _is_told(one)))
            if told or document.body:
                bodies.texts.append(told or bare(document.body))
                bodies.owners.append(place)
        self._phrasings = _Phrasings(rows.texts, rows.owners)
        self._subjects = Subjects([document.phrasings for document in documents])
        asked = frozenset(rows.owners)
        untold = [owner not in asked for owner in bodies.owners]
        self._bodies = _Bodies(
            [text for text, alone in zip(bodies.texts, untold, strict=True) if alone],
            [owner for owner, alone in zip(bodies.owners, untold, strict=True) if alone],
        )

    def search(
        self,
        text: str,
        *,
        among: Sequence[int] | None = None,
        last: Collection[str] = (),
        limit: int = 5,
    ) -> list[Hit]:
        """The answers that may be meant, best first; only of these units and of everywhere.

        Of a group the one of the first unit `among` them is taken, one of `last` only at need.
        Where it is surer of a question that stands within the text, that is what is asked.
        """
        allowed = self._allowed(among)
        meant = self._subjects.meant(text, allowed)
        best: list[Hit] = []
        for said in (text, *questions_within(text[:LONGEST_TOLD])):
            doubt = 0.0 if said is text else TAKEN_OUT
            hits = self._ranked(said, allowed, among or (), last, doubt, meant)[:limit]
            if hits and (not best or hits[0].confidence > best[0].confidence):
                best = hits
            if best and best[0].confidence > NO_DOUBT:
                break
        return best

    def _ranked(
        self,
        text: str,
        allowed: Floats | None,
        among: Sequence[int],
        last: Collection[str],
        doubt: float,
        meant: Meant,
    ) -> list[Hit]:
        said = bare(text[: LONGEST_QUESTION * 2])[:LONGEST_QUESTION]
        if not said:
            return []
        found = self._phrasings.search(said, allowed)
        found |= {
            owner: weighed
            for owner, weighed in self._bodies.search(said, allowed).items()
            if owner not in found
        }
        found |= {owner: _Weighed(0.0, 0.0) for owner in meant.nearest if owner not in found}
        found = self._one_of_each(found, among, last)
        ranks = {owner: meant.by_words(owner, weighed.rank) for owner, weighed in found.items()}
        first, second, *_ = (*sorted(ranks.values(), reverse=True), 0.0, 0.0)
        by_words, by_matter = {}, {}
        for owner, weighed in found.items():
            lead = ranks[owner] - (second if ranks[owner] == first else first)
            sure = calibrated(weighed.alike + LEAD * lead - doubt)
            by_words[owner] = meant.by_words(owner, sure)
            by_matter[owner] = meant.by_matter(owner, found)
        fits = ranks
        if max(by_matter.values(), default=0.0) > max(by_words.values(), default=0.0):
            # The root lets those be offered beside the best that are half as likely.
            shares = {owner: MOST_ALIKE * float(meant.shares[owner]) ** 0.5 for owner in ranks}
            fits = {
                owner: max(rank, shares[owner]) + TOLD_APART * rank
                for owner, rank in ranks.items()
            }
        return [
            Hit(
                key=self._keys[owner],
                score=fits[owner],
                confidence=max(by_words[owner], by_matter[owner]),
            )
            for owner in sorted(found, key=lambda one: (-fits[one], self._keys[one]))
        ]

    @property
    def nbytes(self) -> int:
        """How much room it takes, nearly."""
        return self._phrasings.nbytes + self._bodies.nbytes + self._subjects.nbytes

    def _one_of_each(
        self, found: dict[int, _Weighed], among: Sequence[int], last: Collection[str]
    ) -> dict[int, _Weighed]:
        """Of each group the nearest, with the rank of its best."""
        groups: dict[str, list[int]] = {}
        for owner in found:
            groups.setdefault(self._groups[owner], []).append(owner)
        near = {unit: place for place, unit in enumerate(among)}

        def distance(owner: int) -> tuple[bool, int, str]:
            scope = int(self._scopes[owner])
            return self._keys[owner] in last, near.get(scope, len(near)), self._keys[owner]

        return {
            min(owners, key=distance): max(
                (found[owner] for owner in owners), key=lambda one: one.rank
            )
            for owners in groups.values()
        }

    def _allowed(self, among: Sequence[int] | None) -> Floats | None:
        if among is None or not len(self._scopes):
            return None
        allowed = np.isin(self._scopes, [-1, *among])
        return None if allowed.all() else allowed.astype(np.float32)


LEAD = 1.5
MOST_ALIKE = 4.5  # the largest rank there is
TOLD_APART = 0.1  # what words count among answers of one matter
TAKEN_OUT = 1.0  # less sure is what was found for a part of a text
# Where half of the hits are right, and how fast that changes (measured, docs/evaluation.md).
EVEN, STEEP = 5.6, 0.85


def calibrated(sum_of_signs: float) -> float:
    """The share of hits with such signs that are right."""
    return 1 / (1 + math.exp(-STEEP * (sum_of_signs - EVEN)))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """How well a phrasing fits: to compare with others (`rank`) and by itself (`alike`)."""

    rank: float
    alike: float


class _Phrasings:
    """The questions in all their phrasings."""

    def __init__(self, texts: list[str], owners: list[int]) -> None:
        self._texts = texts
        self._owners = np.array(owners, dtype=np.int32)
        shorter = [canonical(text) for text in texts]
        self._characters = Bm25([list(text) for text in shorter])
        self._pairs = Bm25([pairs_of(text) for text in shorter])
        self._words = Bm25([words_of(text) for text in texts])
        self._sounds = Bm25([sound(text).split(" ") for text in shorter])

    def search(self, said: str, allowed: Floats | None) -> dict[int, _Weighed]:
        """The best phrasing of every answer that may be meant."""
        if not self._texts:
            return {}
        question = _compared(said)
        total = np.zeros(len(self._texts), dtype=np.float32)
        for index, features in (
            (self._characters, question.characters),
            (self._pairs, question.pairs),
            (self._words, question.words),
            (self._sounds, question.sounds),
        ):
            scores = index.scores(features)
            total += scores / (scores.max() + 1e-9)
        if allowed is not None:
            total *= allowed[self._owners]
        found: dict[int, _Weighed] = {}
        for place in _largest(total, LOOKED_AT):
            weighed = self._weigh(question, _compared(self._texts[place]))
            owner = int(self._owners[place])
            if owner not in found or weighed.rank > found[owner].rank:
                found[owner] = weighed
        return found

    def _weigh(self, question: Asked, phrasing: Asked) -> _Weighed:
        characters = _shared(
            question.characters, phrasing.characters, phrasing.sounds, self._characters.rarity
        )
        words = _shared(question.words, phrasing.words, _all_sounds(phrasing), self._words.rarity)
        sounds = _shared(question.sounds, phrasing.sounds, frozenset(), self._sounds.rarity)
        rank = 2 * characters.asked + characters.both + words.asked + 0.5 * words.both
        alike = (
            2 * characters.both
            + characters.asked
            + characters.told
            + 2 * words.both
            + sounds.both
            + float(LCSseq.normalized_similarity(question.text, phrasing.text))
        )
        return _Weighed(rank, alike)

    @property
    def nbytes(self) -> int:
        indexes = (self._characters, self._pairs, self._words, self._sounds)
        return sum(index.nbytes for index in indexes) + sum(
            80 + 2 * len(text) for text in self._texts
        )


class _Bodies:
    """Answers that nobody wrote a question for, found by their own words."""

    def __init__(self, texts: list[str], owners: list[int]) -> None:
        self._texts, self._owners = texts, owners
        self._characters = Bm25([list(text) for text in texts])
        self._pairs = Bm25([pairs_of(text) for text in texts])
        self._words = Bm25([words_of(text) for text in texts])

    def search(self, said: str, allowed: Floats | None) -> dict[int, _Weighed]:
        """The answers whose words are most like the question."""
        if not self._texts:
            return {}
        pairs = frozenset(pairs_of(said))
        total = (
            self._characters.scores(frozenset(said))
            + self._pairs.scores(pairs)
            + self._words.scores(frozenset(words_of(said)))
        )
        if allowed is not None:
            total *= allowed[np.array(self._owners)]
        most = sum(self._pairs.rarity(pair) for pair in pairs) * (K1 + 1) + 1e-9
        found = {}
        for place in _largest(total, LOOKED_AT):
            share = min(1.0, float(total[place]) / most / 2)
            found[self._owners[place]] = _Weighed(share, 4 * share)
        return found

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in (self._characters, self._pairs, self._words)) + sum(
            80 + 2 * len(text) for text in self._texts
        )


@dataclass(frozen=True, slots=True)
class _Shared:
    """What two texts have in common, as a share of the question, of the phrasing, and of both."""

    asked: float
    told: float
    both: float


def _shared(
    asked: frozenset[str],
    told: frozenset[str],
    sounds: frozenset[str],
    rarity: Callable[[str], float],
) -> _Shared:
    common = lost = 0.0
    for feature in asked:
        weight = rarity(feature)
        if feature in told:
            common += weight
        elif sounds and sound(feature) in sounds:
            common += SOUNDS_ALIKE * weight
            lost += (1 - SOUNDS_ALIKE) * weight
        else:
            lost += weight
    total = sum(rarity(feature) for feature in told)
    question = common + lost
    return _Shared(
        asked=common / question if question else 0.0,
        told=min(1.0, common / total) if total else 0.0,
        both=min(1.0, common / (lost + total)) if lost + total else 0.0,
    )


def _all_sounds(phrasing: Asked) -> frozenset[str]:
    return frozenset(sound(word) for word in phrasing.words)


def _largest(scores: Floats, count: int) -> Iterator[int]:
    """The places of the largest scores above nothing."""
    if len(scores) > count:
        places = np.argpartition(-scores, count)[:count]
    else:
        places = np.arange(len(scores))
    return (int(place) for place in places if scores[place] > 0)


def _is_told(phrasing: str) -> bool:
    return len(bare(phrasing)) > LONGEST_PHRASING
