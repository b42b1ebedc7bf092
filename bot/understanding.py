"""The reader as the running service uses it: rebuilt whenever the operator's tables change."""

from __future__ import annotations

import asyncio

from bot.time_box import at_most
from domain.readings import Reading, ReadingContext
from knowledge.intents import Intents
from knowledge.places import PlaceBook
from knowledge.reader import Reader
from storage.catalogue import Catalogue

READING = 2.0  # seconds; usually it takes a thousandth of them


class Understanding:
    """Reads messages with the newest categories and places; a swap of the tables is never seen
    half done.
    """

    def __init__(self, catalogue: Catalogue, intents: Intents) -> None:
        self._intents = intents
        self._one_at_a_time = asyncio.Lock()
        self.refresh(catalogue)

    def refresh(self, catalogue: Catalogue) -> None:
        """Takes over new tables."""
        places = PlaceBook(catalogue.places, catalogue.org)
        reader = Reader(
            catalogue.rules.categories, places, self._intents, zone=catalogue.rules.zone
        )
        self._places, self._reader = places, reader

    def places(self) -> PlaceBook:
        """The place book of this moment."""
        return self._places

    async def read(self, text: str, context: ReadingContext) -> Reading:
        """What the text says."""
        # Many messages become ready to be read at one commit. Between two readings the event loop
        # goes round, so that whoever writes to us meanwhile does not wait for all of them.
        async with self._one_at_a_time:
            await asyncio.sleep(0)
            with at_most(READING):
                try:
                    return self._reader.read(text, context)
                except SystemExit as error:  # it would end the event loop and the process
                    raise RuntimeError("the reader raised SystemExit") from error
