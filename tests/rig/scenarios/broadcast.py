"""A broadcast is killed at random: every group hears it once, or is listed as doubtful."""

from __future__ import annotations

from collections import Counter
from functools import partial

from tests.rig.noticing import begun, ended, reached, release, until
from tests.rig.scenario import Rig, Scenario, Verdict, verdict

UNDER_WAY = 24  # messages of a broadcast at once


async def play(
    rig: Rig, *, database: str, processes: int, groups: int, kills: int, per_second: int
) -> Verdict:
    """Staff send an urgent notice to all groups; processes are killed while it goes out."""
    telegram = await rig.telegram()
    service = await rig.service(
        telegram,
        mode="webhook",
        processes=processes,
        database=database,
        settings={"TELEGRAM__PER_SECOND": str(per_second)},
    )
    chats = await begun(service, telegram, rig.folder, groups)
    await release(telegram, groups)
    step = max(groups // (kills + 1), 1)
    for count in range(kills):
        rig.show("killed", count, kills)
        await until(lambda count=count: len(reached(telegram)) >= step * (count + 1) - 1)
        number = rig.dice.randrange(processes)
        service.kill(number)
        service.launch(number)
    for number in range(processes):
        await service.ready(number)
    status, unwell = await ended(telegram, service)
    heard = Counter(reached(telegram))
    doubtful = {int(row["chat"]) for row in unwell if row["result"] == "unknown"}
    missed = [chat for chat in chats if not heard[chat] and chat not in doubtful]
    twice = [chat for chat in chats if heard[chat] > 1]
    accounted = sum(status.get(name, 0) for name in ("sent", "unknown", "failed", "blocked"))
    return verdict(
        {"groups": groups, "kills": kills, "heard": len(heard), "unknown": len(doubtful)},
        nobody_was_missed=not missed,
        nobody_heard_it_twice=not twice,
        every_group_has_its_result=accounted == groups,
        no_more_doubtful_than_were_under_way=len(doubtful) <= kills * UNDER_WAY,
    )


def _scenario(database: str, *, processes: int) -> Scenario:
    where = "SQLite" if database == "sqlite" else f"{processes} processes over one PostgreSQL"
    return Scenario(
        name=f"broadcast_{database}",
        promise=f"a broadcast killed at random, on {where}: nobody missed, nobody twice",
        play=partial(play, database=database, processes=processes),
        short={"groups": 30, "kills": 1, "per_second": 10},
        long={"groups": 5_000, "kills": 100, "per_second": 30},
        minutes=8,
    )


SCENARIOS = (_scenario("sqlite", processes=1), _scenario("postgres", processes=3))
