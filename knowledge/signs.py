"""Signs: single words that tell apart what a category or an intent alone does not."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from knowledge.normal import comparable


def signs(text: str) -> frozenset[str]:
    """The names of the signs a text shows, from `knowledge/signs.toml`."""
    said = comparable(text)
    return frozenset(
        name for name, words in _words().items() if any(word in said for word in words)
    )


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    text = (resources.files("knowledge") / "signs.toml").read_text(encoding="utf-8")
    return {name: tuple(words) for name, words in tomllib.loads(text).items()}
