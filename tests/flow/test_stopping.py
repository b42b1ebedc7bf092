"""A process that is told to stop finishes what it has begun."""

from __future__ import annotations

from pathlib import Path

from bot.app import assembled
from bot.service import at_work
from bot.settings import CoreSettings, DatabaseSettings, SecuritySettings
from domain.messages import Inbound
from tests.flow.means import LIGHT
from tests.town import MemoryChannel


async def test_what_was_accepted_is_handled_and_answered_before_it_ends(
    database_url: str, tmp_path: Path
) -> None:
    settings = CoreSettings(
        database=DatabaseSettings(url=database_url),
        security=SecuritySettings(key_file=tmp_path / "key"),
        sample=True,
    )
    channel = MemoryChannel("web")
    async with assembled(settings, channels={"web": channel}) as service:
        async with at_work(service):
            for number in range(10):
                account = f"resident {number}"
                await service.intake.accept(
                    Inbound(channel="web", key=account, chat=account, account=account, text=LIGHT)
                )
        assert not service.database.unit_started_at()
        left = await service.database.read(lambda tx: tx.inbox.ready(limit=10, owner="next"))
        assert left == ()
        assert {outbound.address.chat for outbound in channel.sent} >= {
            f"resident {number}" for number in range(10)
        }
