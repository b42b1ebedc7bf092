"""The reader: understands one message by rules, without a database, a clock or a network."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from domain.readings import Reading, ReadingContext
from domain.rules import Category
from knowledge.intents import Intents
from knowledge.places import PlaceBook


class Reader:
    """Reads messages against the operator's categories, places and intents."""

    def __init__(
        self,
        categories: Mapping[str, Category],
        places: PlaceBook,
        intents: Intents,
        *,
        zone: ZoneInfo | None = None,
    ) -> None:
        self._categories = categories
        self._places = places
        self._intents = intents
        self._zone = zone or ZoneInfo("Asia/Shanghai")

    def read(self, text: str, context: ReadingContext) -> Reading:
        """What the message says; never raises, whatever the text is."""
        return Reading(text=text)
