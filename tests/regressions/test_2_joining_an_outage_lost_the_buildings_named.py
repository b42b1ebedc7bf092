"""Joining the outage of an estate lost the building and the words of whoever joined."""

from __future__ import annotations

from domain.orders import EventKind
from tests.town import Town


async def test_the_owner_of_an_outage_reads_which_other_buildings_have_it(town: Town) -> None:
    await town.says("李叔", "9栋停水了")
    (outage,) = await town.orders("李叔")
    await town.says("王阿姨", "3栋和5栋都停水了")
    added = (await town.order(outage.number)).events(EventKind.SUPPLEMENTED)
    assert any("3栋" in event.text and "5栋" in event.text for event in added)
