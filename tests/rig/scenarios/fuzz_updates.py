"""Strange updates at the real door: nothing breaks, and a resident is answered all the same."""

from __future__ import annotations

import asyncio
import time

from tests.rig.mutations import Mutator
from tests.rig.posting import post_all
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.service import SECRET
from tests.rig.telegram import Tail, Telegram
from tests.rig.telegram_server import SECRET_HEADER

AFTERWARDS = range(70_001, 70_006)  # residents who write once it is over
PATIENCE = 120.0  # seconds they wait at most


async def play(rig: Rig, *, updates: int) -> Verdict:
    """Mutated updates through the webhook of one process, then a few ordinary words."""
    telegram = await rig.telegram(limits=False)
    service = await rig.service(telegram, mode="webhook", settings={"LIMITS__ENABLED": "true"})
    await service.start()
    before = service.processes[0].serving()
    mutator = Mutator(rig.dice.randrange(2**32))
    answers = await post_all(
        f"{service.url()}/telegram/webhook",
        mutator.updates(updates),
        headers={SECRET_HEADER: SECRET},
        posted=lambda done: rig.show("posted", done, updates),
    )
    (rig.folder / "worst.bin").write_bytes(b"\n".join(answers.worst[:100]))
    answered = await _answered(telegram)
    return verdict(
        {
            "posted": answers.posted,
            "answers": dict(sorted(answers.statuses.items())),
            "crashes": answers.broken,
            "hangs": answers.hung,
            "5xx": answers.server_errors,
        },
        no_connection_broke=not answers.broken,
        nothing_hung=not answers.hung,
        no_server_error=not answers.server_errors,
        the_same_process_serves=service.processes[0].serving() == before,
        residents_are_answered_afterwards=answered == set(AFTERWARDS),
    )


async def _answered(telegram: Telegram) -> set[int]:
    """Which of those who write now hear something."""
    tail = Tail(telegram.history)
    tail.new()
    await telegram.say_all({"chat": one, "user": one, "text": "帮助"} for one in AFTERWARDS)
    answered: set[int] = set()
    until = time.monotonic() + PATIENCE
    while answered < set(AFTERWARDS) and time.monotonic() < until:
        answered |= {one["chat"] for one in tail.new("call") if one["text"]} & set(AFTERWARDS)
        await asyncio.sleep(0.1)
    return answered


SCENARIOS = (
    Scenario(
        name="fuzz_updates",
        promise="a million mutated updates through the door: no crash, no hang, no 5xx",
        play=play,
        short={"updates": 1_500},
        long={"updates": 1_000_000},
        minutes=60,
    ),
)
