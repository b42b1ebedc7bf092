"""What the rules make of a message, as cues for the sense of what is meant.

Cues of the rules begin with `=rule`; the others say where and how it was said.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import combinations

from knowledge.intents import Fit

# Intents that are told apart by rules alone, and count as another here.
SAME = {"hello": "chitchat", "privacy_notice": "help"}
_LONGEST = 5  # of lengths, by sixes


def intent_cues(
    key: str, fits: Sequence[Fit], holds: Collection[str], *, overheard: bool
) -> frozenset[str]:
    """The cues for what is wanted, of a message whose rules fit so, the best first."""
    cues = _shape(key)
    cues |= {"=overheard" if overheard else "=addressed", *(f"=holds {one}" for one in holds)}
    named = [(SAME.get(fit.intent.name, fit.intent.name), int(fit.score)) for fit in fits]
    cues |= {f"=rule first {name}" for name, _ in named[:1]} or {"=rule none"}
    cues |= {f"=rule first {name} {score // 10}" for name, score in named[:1]}
    cues |= {f"=rule then {name}" for name, _ in named[1:]}
    cues |= {f"=rule then {name} {score // 20}" for name, score in named[1:]}
    return frozenset(cues)


def danger_cues(key: str, found: str) -> frozenset[str]:
    """The cues for whether there is a danger, of a message in which the rules found this one."""
    manners = _told_in("manners.toml", key)
    heard = [f"manner {name}" for name in manners]
    heard += [f"told {name}" for name in _told_in("dangers.toml", key)]
    cues = _shape(key) | {f"={name}" for name in heard}
    cues |= {f"={one} {other}" for one, other in combinations(heard, 2)}
    if found:
        cues |= {"=rule danger", f"=rule danger {found}"}
        cues |= {f"=rule danger {name}" for name in manners}
    return frozenset(cues)


def _shape(key: str) -> set[str]:
    return {f"=length {min(len(key) // 6, _LONGEST)}"}


def _told_in(table: str, key: str) -> list[str]:
    """The names in a table whose ways of saying stand in the message, in its order."""
    return [name for name, pattern in _ways(table).items() if pattern.search(key)]


@cache
def _ways(file: str) -> Mapping[str, re.Pattern[str]]:
    text = (resources.files("knowledge") / file).read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return {name: re.compile("|".join(ways)) for name, ways in table.items()}
