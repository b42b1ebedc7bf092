"""What turns a phrase name and its values into a sentence; the phrasebook implements it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Wording(Protocol):
    """Words for phrases; `group` asks for the neutral text that may be said in a group."""

    def say(
        self,
        name: str,
        values: Mapping[str, Any],
        *,
        group: bool = False,
        language: str = "zh",
    ) -> str:
        """The sentence; raises when the phrase or one of its values is missing."""
        ...
