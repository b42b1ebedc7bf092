"""Policy answers against labelled questions: is the right one found, and given only when sure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from knowledge.evaluation.lines import BadRow, field_of, field_or, json_lines
from knowledge.policies import Outcome, outcome
from knowledge.retrieval import Document, Hit, Index

LOOKED_AT = 10
COVERAGE_AT = (0.95, 0.9)
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question and the entry that answers it; "" when none does."""

    text: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The figures, and what was answered otherwise than labelled."""

    figures: Mapping[str, float | None]
    misses: Sequence[Mapping[str, Any]] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    query: Query
    hits: list[Hit]

    @property
    def rank(self) -> int:
        """Where the right one stands; 0 when it is not there."""
        keys = [hit.key for hit in self.hits]
        return keys.index(self.query.answer) + 1 if self.query.answer in keys else 0

    @property
    def confidence(self) -> float:
        return self.hits[0].confidence if self.hits else 0.0

    @property
    def is_given(self) -> bool:
        return outcome(self.hits) is Outcome.ANSWER


def read_entries(text: str) -> list[Document]:
    """The entries of a JSON lines file: {id, question, alternatives, answer, …}."""
    seen: dict[str, int] = {}
    entries = []
    for row, line in json_lines(text):
        key = _id(row, line, "id")
        if key in seen:
            raise BadRow(row, f"the id {key!r} stands in row {seen[key]} already")
        seen[key] = row
        others = field_or(row, line, "alternatives", list, [])
        if not all(isinstance(one, str) for one in others):
            raise BadRow(row, "'alternatives' is not a list of texts")
        question = field_or(row, line, "question", str, "")
        entries.append(
            Document(
                key=key,
                phrasings=tuple(one for one in (question, *others) if one),
                body=field_or(row, line, "answer", str, ""),
            )
        )
    return entries


def read_queries(text: str) -> list[Query]:
    """The questions of a JSON lines file: {text, answer_id or null}."""
    return [
        Query(
            text=field_of(row, line, "text", str),
            answer="" if line.get("answer_id") is None else _id(row, line, "answer_id"),
        )
        for row, line in json_lines(text)
    ]


def evaluate(
    entries: Sequence[Document],
    queries: Sequence[Query],
    clock: Callable[[], float],
    step: Callable[[int], None] = lambda _: None,
) -> Found:
    """Asks every question and counts."""
    index = Index(entries)
    answered: list[_Answered] = []
    times: list[float] = []
    for done, query in enumerate(queries, start=1):
        began = clock()
        hits = index.search(query.text, limit=LOOKED_AT)
        times.append((clock() - began) * 1000)
        answered.append(_Answered(query=query, hits=hits))
        step(done)
    return Found(
        figures={
            **_ranking([one for one in answered if one.query.answer]),
            **_giving(answered),
            "p50_ms": _quantile(times, 0.5),
            "p95_ms": _quantile(times, 0.95),
            "index_mb": round(index.nbytes / MEGABYTE, 1),
        },
        misses=[_miss(one) for one in answered if _is_miss(one)],
    )


def _ranking(answerable: Sequence[_Answered]) -> dict[str, float | None]:
    ranks = [one.rank for one in answerable]
    return {
        "recall_at_1": _share([rank == 1 for rank in ranks]),
        "recall_at_3": _share([1 <= rank <= 3 for rank in ranks]),
        "mrr": _mean([1 / rank if rank else 0.0 for rank in ranks]),
    }


def _giving(answered: Sequence[_Answered]) -> dict[str, float | None]:
    given = [one for one in answered if one.is_given]
    answerable = [one for one in answered if one.query.answer]
    return {
        "answered_precision": _share([one.rank == 1 for one in given]),
        "answered_coverage": _share([one.is_given and one.rank == 1 for one in answerable]),
        "false_answer_rate": _share([one.is_given for one in answered if not one.query.answer]),
        **{
            f"coverage_at_{round(precision * 100)}": _coverage(answered, precision)
            for precision in COVERAGE_AT
        },
    }


def _coverage(answered: Sequence[_Answered], precision: float) -> float | None:
    """Share of the answerable ones answered rightly at the threshold that just gives this."""
    answerable = sum(bool(one.query.answer) for one in answered)
    right = best = 0
    surest_first = sorted(answered, key=lambda one: -one.confidence)
    for given, one in enumerate(surest_first, start=1):
        right += one.rank == 1
        if right >= precision * given:
            best = right
    return round(best / answerable, 4) if answerable else None


def _is_miss(one: _Answered) -> bool:
    return one.rank != 1 if one.query.answer else one.is_given


def _miss(one: _Answered) -> Mapping[str, Any]:
    best = one.hits[0] if one.hits else None
    return {
        "text": one.query.text,
        "answer_id": one.query.answer or None,
        "found": best.key if best else None,
        "confidence": round(one.confidence, 3),
    }


def _id(row: int, line: Mapping[str, Any], name: str) -> str:
    value = line.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise BadRow(row, f"{name!r} is {value!r:.60}, no id")
    return str(value)


def _share(found: Sequence[bool]) -> float | None:
    return round(sum(found) / len(found), 4) if found else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    ordered = sorted(values)
    return round(ordered[int(share * (len(ordered) - 1))], 3) if ordered else None
