"""The same kills, and a plain python-telegram-bot bot beside ours: what each of them loses."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from tests.rig.checker import Findings
from tests.rig.load import Load
from tests.rig.scenario import Rig, Scenario, Verdict, verdict
from tests.rig.scenarios.kills import kill
from tests.rig.service import Bot
from tests.rig.storm import reports_for, storm

ECHO = Bot.named(f"{sys.executable} -m tests.rig.echo_bot")
NO_MORE = 5.0  # seconds without an answer, after which a bot without memory has forgotten


async def play(rig: Rig, *, mode: str, messages: int, kills: int, rate: float) -> Verdict:
    """The losses of the plain bot, without kills and with them, beside ours with the same."""
    control = await _losses(rig, ECHO, mode, messages=messages, kills=0, rate=rate)
    plain = await _losses(rig, ECHO, mode, messages=messages, kills=kills, rate=rate)
    ours = await _losses(rig, rig.bot, mode, messages=messages, kills=kills, rate=rate)
    figures: dict[str, Any] = {"kills": kills, "without kills": _shown(control)}
    figures |= {"python-telegram-bot": _shown(plain), "ours": _shown(ours)}
    return verdict(
        figures,
        the_plain_bot_loses_nothing_while_it_lives=not control.lost,
        **ours.claims(),
    )


async def _losses(
    rig: Rig, bot: Bot, mode: str, *, messages: int, kills: int, rate: float
) -> Findings:
    # The plain bot keeps no limits; it shall lose nothing by that.
    telegram = await rig.telegram(limits=bot.is_xiaoqi)
    service = await rig.service(telegram, mode=mode, bot=bot)
    reports = reports_for(messages, rate=rate)
    await reports.prepare(service, rig.folder)
    await service.start()
    load = Load(telegram, reports, rate=rate)
    nemesis = kill(rig, service, kills)
    patience = 120.0 if bot.is_xiaoqi else NO_MORE
    found = await storm(rig, service, load, nemesis, messages=messages, patience=patience)
    for number in range(len(service.processes)):
        service.kill(number)
    return found


def _shown(found: Findings) -> str:
    return f"{len(found.lost):,} of {found.said:,} lost, {len(found.twice)} answered twice"


def _scenario(mode: str) -> Scenario:
    return Scenario(
        name=f"echo_bot_{mode}",
        promise=f"a plain python-telegram-bot bot in the same kills, by {mode}, beside ours",
        play=partial(play, mode=mode),
        short={"messages": 30, "kills": 1, "rate": 20},
        long={"messages": 2_000, "kills": 10, "rate": 50},
        minutes=3,
    )


SCENARIOS = (_scenario("polling"), _scenario("webhook"))
