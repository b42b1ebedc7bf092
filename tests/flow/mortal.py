"""A process that kills itself at a named point of a message's way.

    python -m tests.flow.mortal URL KEYFILE LOG POINT

It hears one report, handles and answers it, and dies on the way. What its channel delivered is
appended to LOG, one line a message, as a platform would remember it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.handling import Handling
from bot.intake import Intake
from bot.relay import Relay
from domain.messages import Outbound, Sent
from domain.readings import Reading, ReadingContext
from storage.keyring import Keyring
from tests.flow.means import LIGHT
from tests.town import MemoryChannel, Town, built_town

POINTS = ("accepted", "begun", "handled", "sending", "delivered")


def die_at(point: str, here: str) -> None:
    """Ends the process as a power cut would, if this is the point."""
    if point == here:
        os.kill(os.getpid(), signal.SIGKILL)


class Reader:
    """Understands as the town does, but may die over it."""

    def __init__(self, town: Town, point: str) -> None:
        self.town, self.point = town, point

    async def read(self, text: str, context: ReadingContext) -> Reading:
        die_at(self.point, "begun")
        return await self.town.understanding.read(text, context)


class Platform(MemoryChannel):
    """A channel whose deliveries outlive the process."""

    def __init__(self, log: Path, point: str) -> None:
        super().__init__("web")
        self.log, self.point = log, point

    async def send(self, outbound: Outbound) -> Sent:
        die_at(self.point, "sending")
        with self.log.open("a") as log:
            log.write(f"{outbound.id}\n")
        die_at(self.point, "delivered")
        return await super().send(outbound)


async def live(url: str, keyring: Keyring, log: Path, point: str) -> None:
    """Hears the report and goes on with it until the point."""
    async with built_town(url, keyring, strict=False, owner=f"mortal {os.getpid()}") as town:
        relay = Relay(town.database, {"web": Platform(log, point)}, owner="mortal", clock=_still)
        intake = Intake(
            town.database,
            Handling(
                town.database,
                Reader(town, point),
                town.understanding.places,
                owner=f"mortal {os.getpid()}",
            ),
            after_commit=lambda: die_at(point, "handled"),
        )
        await intake.accept(town.inbound("王阿姨", LIGHT))
        die_at(point, "accepted")
        await intake.settle()
        await relay.settle()


def _still() -> float:
    return 0.0


if __name__ == "__main__":
    url, key, log, point = sys.argv[1:]
    asyncio.run(live(url, Keyring.from_file(Path(key)), Path(log), point))
