"""What is kept in memory about chats and messages stays small, however many there are."""

from __future__ import annotations

import pytest

from bot import intake
from bot.channels.base import Limits
from bot.limiter import Limiter
from tests.flow.means import report, unfinished
from tests.town import Town


async def test_more_conversations_than_are_remembered_are_all_handled(
    hardy: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not remembered as waiting is left over, and found there."""
    monkeypatch.setattr(intake, "WAITING", 5)
    for number in range(30):
        await hardy.intake.accept(hardy.inbound(f"住户{number}", report(number)))
    assert len(hardy.intake._queued) == 5
    await hardy.settle()
    assert await unfinished(hardy) == 0
    assert len(await hardy.orders()) == 30


def test_a_limiter_forgets_chats_that_are_quiet() -> None:
    limiter = Limiter(Limits(per_second=30, chat_per_second=1, group_per_minute=20))
    for number in range(20_000):
        at = number / 20
        limiter.sent(f"chat {number}", group=number % 2 == 0, at=at)
        limiter.pause(f"chat {number}", at + 5)
    assert len(limiter._chats) < 3_000
    assert len(limiter._chat_pauses) < 3_000
    assert len(limiter._all) < 100
