"""The checker: what became of every canary, by the fakes' history and by public commands alone.

*Lost*: no answer in its own chat. *Twice*: answered more than once. *Unlisted*: answered twice
without being among the sends that the service itself names as doubtful (`xiaoqi outbox --unknown
--repeated`). *Stray*: said to a resident and no answer to any canary, nor the notice that
everybody gets at the first contact. Work orders are counted in `xiaoqi export orders`.
"""

from __future__ import annotations

import asyncio
import csv
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.rig.load import Canary, Load
from tests.rig.service import Service
from tests.rig.telegram import Json

NOTICE = "说明一下"  # how the notice at the first contact begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What became of the canaries of a load; each tuple names canaries by number."""

    said: int
    lost: tuple[int, ...]
    twice: tuple[int, ...]
    out_of_order: int
    stray: tuple[str, ...]
    violations: tuple[str, ...]
    acks: tuple[float, ...]  # seconds from the update to its acknowledgement
    replies: tuple[float, ...]  # seconds from the update to the answer
    orders_lost: tuple[int, ...] = ()
    orders_twice: tuple[int, ...] = ()
    doubted: int = 0  # sends that were under way at some death, as the service lists them
    unlisted: tuple[int, ...] = ()

    def figures(self) -> dict[str, Any]:
        """As shown in a verdict."""
        return {
            "said": self.said,
            "lost": len(self.lost),
            "answered twice": len(self.twice),
            "orders lost": len(self.orders_lost),
            "orders twice": len(self.orders_twice),
            "doubtful sends listed": self.doubted,
            "twice and unlisted": len(self.unlisted),
            "out of order": self.out_of_order,
            "stray": len(self.stray),
            **({"such as": self.stray[0]} if self.stray else {}),
            "ack p50 ms": milliseconds(self.acks, 50),
            "ack p99 ms": milliseconds(self.acks, 99),
            "answer p50 ms": milliseconds(self.replies, 50),
            "answer p99 ms": milliseconds(self.replies, 99),
        }

    def claims(self) -> dict[str, bool]:
        """What must be true whatever was done to the service."""
        return {
            "no_message_lost": not self.lost,
            "no_order_lost": not self.orders_lost,
            "no_order_twice": not self.orders_twice,
            "every_answer_said_twice_is_listed": not self.unlisted,
            "answers_in_the_order_of_the_chat": self.out_of_order == 0,
            "nothing_said_that_nobody_asked_for": not self.stray,
            "no_rule_of_the_platform_broken": not self.violations,
        }


async def examine(load: Load, service: Service, folder: Path) -> Findings:
    """Looks at everything; of a bot that is not xiaoqi only at its answers."""
    events = load.telegram.events()
    answers, stray = _answers(load, events)
    counted = Counter(canary.number for canary, _ in answers)
    twice = tuple(sorted(number for number, count in counted.items() if count > 1))
    found = Findings(
        said=len(load.said),
        lost=tuple(one.number for one in load.said if one.number not in counted),
        twice=twice,
        out_of_order=_out_of_order(answers),
        stray=stray,
        violations=tuple(await load.telegram.show("violations")),
        acks=tuple(_acks(load, events)),
        replies=tuple(_replies(load, events, answers)),
    )
    if not service.bot.is_xiaoqi:
        return found
    orders, listed = await asyncio.gather(_orders(service, folder), doubted(service))
    known = {canary.number for one in listed if (canary := _named(load, one)) is not None}
    return Findings(
        **{
            **{name: getattr(found, name) for name in Findings.__slots__},
            "orders_lost": tuple(one.number for one in load.said if orders[one.order] == 0),
            "orders_twice": tuple(one.number for one in load.said if orders[one.order] > 1),
            "doubted": len(listed),
            "unlisted": tuple(number for number in twice if number not in known),
        }
    )


async def doubted(service: Service) -> list[Mapping[str, Any]]:
    """The sends of which the service once did not know whether they had arrived."""
    listing = await service.command("outbox", "--unknown", "--repeated", "--json", "--reveal")
    return [json.loads(line) for line in listing.splitlines()]


def milliseconds(seconds: Iterable[float], percent: float) -> float | None:
    """The percentile in milliseconds; None of nothing."""
    ordered = sorted(seconds)
    if not ordered:
        return None
    return round(ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)] * 1000, 1)


def _answers(load: Load, events: list[Json]) -> tuple[list[tuple[Canary, Json]], tuple[str, ...]]:
    answers, stray = [], []
    chats = {canary.chat for canary in load.said}
    for event in events:
        if event["is"] != "call" or event["error"] or event["method"] != "sendMessage":
            continue
        canary = load.answered_by(event)
        if canary is not None:
            answers.append((canary, event))
        elif event["chat"] in chats and not event["text"].startswith(NOTICE):
            stray.append(event["text"])
    return answers, tuple(stray)


def _out_of_order(answers: list[tuple[Canary, Json]]) -> int:
    """How many first answers came after that to a later message of their chat."""
    newest: defaultdict[int, int] = defaultdict(lambda: -1)
    seen: set[int] = set()
    late = 0
    for canary, _ in answers:
        if canary.number not in seen:
            seen.add(canary.number)
            late += canary.number < newest[canary.chat]
            newest[canary.chat] = max(newest[canary.chat], canary.number)
    return late


def _acks(load: Load, events: list[Json]) -> Iterable[float]:
    """By webhook what the call took that was answered with 200; by polling the time to confirm."""
    waiting: dict[int, float] = {}
    for event in events:
        match event["is"]:
            case "update" if event["id"] in load.updates:
                waiting[event["id"]] = event["at"]
            case "post" if 200 <= event["status"] < 300 and event["id"] in load.updates:
                yield event["took"]
            case "confirm" if event["below"] is not None:
                # Updates are numbered as they come.
                for number in list(waiting):
                    if number >= event["below"]:
                        break
                    yield event["at"] - waiting.pop(number)


def _replies(
    load: Load, events: list[Json], answers: list[tuple[Canary, Json]]
) -> Iterable[float]:
    said_at = {
        load.updates[event["id"]]: event["at"]
        for event in events
        if event["is"] == "update" and event["id"] in load.updates
    }
    for canary, event in answers:
        if (at := said_at.pop(canary.number, None)) is not None:
            yield event["at"] - at


async def _orders(service: Service, folder: Path) -> Counter[tuple[str, str, str]]:
    file = folder / "orders.csv"
    await service.command("export", "orders", str(file))
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        return Counter((row["grid"], row["building"], row["category"]) for row in rows)


def _named(load: Load, listed: Mapping[str, Any]) -> Canary | None:
    """The canary that a listed send answers."""
    if listed.get("channel") != "telegram":
        return None
    chat = str(listed.get("chat", "0"))
    call = {"error": None, "text": listed.get("text", ""), "chat": int(chat)}
    return load.answered_by(call)
