"""What a text is made of for the category model: its letters, its words, and how it begins.

Numbers and private data are gone before anything is counted, so that a model keeps no room, phone
or plate of anybody.
"""

from __future__ import annotations

import re
from collections import Counter

from knowledge.normal import normal
from knowledge.private_data import find_private_data

HEAD = 40  # characters in which people say what it is about
LONGEST_GRAM, LONGEST_GRAM_OF_HEAD = 2, 3
# How much each view of a text weighs; they are brought to one length before.
WEIGHTS = (1.0, 1.0, 0.7, 0.7)

_NUMBERED = re.compile(r"[a-z]{0,2}\d+[a-z\d]*|(?<![a-z])[a-z]{1,2}(?![a-z])")
_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r"\w")


def masked(text: str) -> str:
    """The text to learn from: in normal form, without private data and numbers."""
    key = normal(text).key
    for start, end, _ in reversed(find_private_data(key)):
        key = f"{key[:start]}0{key[end:]}"
    return _BLANKS.sub(" ", _NUMBERED.sub("0", key))


def views(said: str) -> tuple[Counter[str], ...]:
    """How often each letter group and word is said in a masked text, and each in its beginning."""
    head = said[:HEAD]
    return (
        Counter(f"c{letters}" for letters in _letters(said, LONGEST_GRAM)),
        Counter(f"w{word}" for word in _words(said)),
        Counter(f"h{word}" for word in _words(head)),
        Counter(f"b{letters}" for letters in _letters(head, LONGEST_GRAM_OF_HEAD)),
    )


def _words(said: str) -> list[str]:
    import rjieba  # 33 MB, for who learns or has learnt something

    return [word for word in rjieba.cut(said) if _WORD.search(word)]


def _letters(said: str, longest: int) -> list[str]:
    return [
        said[start : start + size]
        for size in range(1, longest + 1)
        for start in range(len(said) - size + 1)
    ]
