"""How well full addresses are taken apart, on labelled ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from knowledge.addresses import parse
from knowledge.evaluation.lines import BadRow, field_of, json_lines

# What a grid leader needs of an address; the micro figure is over these.
WANTED = ("road", "roadno", "poi", "houseno", "cellno", "roomno")

Span = tuple[str, int, int]  # kind, first token, token behind the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """An address as tokens, and its parts as spans of them."""

    tokens: tuple[str, ...]
    parts: frozenset[Span]


@dataclass(frozen=True, slots=True)
class _Count:
    right: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def f1(self, *kinds: str) -> float | None:
        right = 2 * sum(self.right[kind] for kind in kinds)
        all_ = right + sum(self.missed[kind] + self.wrong[kind] for kind in kinds)
        return round(right / all_, 4) if all_ else None


def read_labelled(text: str) -> tuple[Labelled, ...]:
    """Lines {tokens, tags}, tags as B-road, I-road, O."""
    addresses = []
    for row, line in json_lines(text):
        tokens, tags = field_of(row, line, "tokens", list), field_of(row, line, "tags", list)
        if len(tokens) != len(tags):
            raise BadRow(row, f"has {len(tokens)} tokens and {len(tags)} tags")
        if not all(isinstance(one, str) for one in (*tokens, *tags)):
            raise BadRow(row, "has a token or tag that is no text")
        addresses.append(Labelled(tokens=tuple(tokens), parts=frozenset(_spans(row, tags))))
    return tuple(addresses)


def evaluate(
    addresses: Sequence[Labelled], clock: Callable[[], float], step: Callable[[int], object]
) -> dict[str, Any]:
    """F1 of every kind of part, exact in kind and bounds, and over those that are wanted."""
    count = _Count()
    times = []
    for done, address in enumerate(addresses, start=1):
        began = clock()
        found = _found(address.tokens)
        times.append(clock() - began)
        count.right.update(kind for kind, _, _ in found & address.parts)
        count.wrong.update(kind for kind, _, _ in found - address.parts)
        count.missed.update(kind for kind, _, _ in address.parts - found)
        step(done)
    kinds = sorted({*count.right, *count.missed} - {"redundant"})
    cuts = quantiles(times, n=20) if len(times) > 1 else None
    return {
        "micro_f1": count.f1(*WANTED),
        "f1": {kind: count.f1(kind) for kind in kinds},
        "addresses": len(addresses),
        "p50_ms": round(cuts[9] * 1000, 3) if cuts else None,
        "p95_ms": round(cuts[18] * 1000, 3) if cuts else None,
    }


def _found(tokens: Sequence[str]) -> set[Span]:
    """The parts read, in tokens; one that cuts a token is nobody's."""
    bounds, at = {0: 0}, 0
    for number, token in enumerate(tokens, start=1):
        at += len(token)
        bounds[at] = number
    return {
        (part.kind, bounds.get(part.start, -1), bounds.get(part.end, -1))
        for part in parse("".join(tokens))
    }


def _spans(row: int, tags: Sequence[str]) -> list[Span]:
    spans: list[Span] = []
    for at, tag in enumerate(tags):
        mark, _, kind = tag.partition("-")
        if mark not in ("B", "I", "O") or (kind == "") != (mark == "O"):
            raise BadRow(row, f"{tag!r:.60} is no tag")
        if mark == "I" and spans and spans[-1][0] == kind and spans[-1][2] == at:
            spans[-1] = (kind, spans[-1][1], at + 1)
        elif mark != "O":
            spans.append((kind, at, at + 1))
    return spans
