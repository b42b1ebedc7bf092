"""Trouble that a notice of ours announced (停水, 停电): who reports it is told what and until
when, and it is opened only when they say that this is something else.
"""

from __future__ import annotations

from typing import Any

from domain import moves
from domain.announced import KNOWN_FOR, Announced, reaches, standing
from domain.broadcasts import Broadcast
from domain.flooding import Bucket
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.units import UnitKind
from handlers import drafts
from handlers.opening import GROUP_PAUSE
from handlers.turn import Answer, Turn
from handlers.where import community_here
from knowledge.announced import (
    asks_of,
    asks_what_is_to_come,
    buildings_announced,
    time_announced,
)


def tell(turn: Turn, fresh: list[WorkOrder]) -> list[WorkOrder]:
    """Tells who reports it what was announced and sets those reports aside; the other reports."""
    known = [(draft, _under_way(turn, draft)) for draft in fresh]
    meant = [(draft, found) for draft, found in known if found is not None]
    if not meant:
        return fresh
    aside = [
        turn.record(moves.withdraw(draft, turn.act, reason="announced")) for draft, _ in meant
    ]
    draft, found = meant[0]
    if _may_speak(turn, found):
        turn.ask(
            "announced.report",
            "announced.told",
            choices=(Choice(value="report_anyway"),),
            context={"drafts": [one.number for one in aside]},
            **_values(turn, found, _name(turn, draft.category)),
        )
    return [draft for draft, found in known if found is None]


def answered(turn: Turn) -> bool:
    """Tells who asks about it (停水到几点) what was announced; False when nothing was."""
    text = turn.heard.text
    to_come = asks_what_is_to_come(text)
    for template in turn.templates.values():
        for one in _announced(turn, template.name) if asks_of(text, template.name) else ():
            if one.is_on(turn.now) or (to_come and turn.now < one.begins):
                turn.say("announced.answer", **_values(turn, one, template.name))
                return True
    return False


def _under_way(turn: Turn, draft: WorkOrder) -> Announced | None:
    """What was announced of the trouble that is reported, if that is now and there."""
    if draft.about_staff or turn.reading.elderly_alone:
        return None
    return next(
        (
            one
            for one in _announced(turn, _name(turn, draft.category))
            if one.is_on(turn.now) and one.concerns(draft.place, draft.grid, turn.org)
        ),
        None,
    )


def _announced(turn: Turn, name: str) -> list[Announced]:
    """What was announced under this name here and is not taken back, the newest first."""
    keys = [key for key, template in turn.templates.items() if template.name == name]
    if not name or not keys:
        return []
    here = community_here(turn)
    sent = turn.tx.broadcasts.sent_since(turn.now - KNOWN_FOR, keys[0])
    stand = standing([one for one in sent if reaches(one, here, turn.org)])
    read = (_read(turn, notice, newest) for notice, newest in stand)
    return [one for one in read if one is not None]


def _read(turn: Turn, notice: Broadcast, newest: Broadcast) -> Announced | None:
    """What the words say, those of the notice where a correction names no day; None where neither
    does.
    """
    for said in (newest, notice):
        day = turn.rules.calendar.local_day(said.created_at)
        period = time_announced(said.text, day, turn.rules.zone)
        if period is not None:
            return Announced(
                notice=notice,
                text=newest.text,
                begins=period[0],
                ends=period[1],
                buildings=buildings_announced(newest.text),
                grids=_grids_named(turn, newest.text),
            )
    return None


def _grids_named(turn: Turn, text: str) -> frozenset[int]:
    grids = (unit for unit in turn.org if unit.kind is UnitKind.GRID)
    return frozenset(unit.id for unit in grids if unit.name in text)


def _may_speak(turn: Turn, announced: Announced) -> bool:
    """In a group that only talks among itself once in a while is enough."""
    if not turn.in_group or turn.heard.addressed:
        return True
    address = turn.conversation.address
    name = f"announced:{announced.notice.id}:{address.channel}:{address.chat}"
    if turn.tx.buckets.lock(name)[name].full_at > turn.now:
        return False
    turn.tx.buckets.save({name: Bucket(full_at=turn.now + GROUP_PAUSE)})
    return True


def _name(turn: Turn, category: str) -> str:
    known = turn.rules.categories.get(category)
    return known.name if known else ""


def _values(turn: Turn, announced: Announced, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "quoted": announced.text,
        "ends": announced.ends,
        "unit": turn.org.unit(announced.notice.unit).name,
    }


def _report(turn: Turn, answer: Answer) -> bool:
    """It is something else, or lasts too long: opened after all."""
    found = [turn.tx.orders.get(number) for number in answer.context["drafts"]]
    aside = [one for one in found if one is not None and one.status is Status.WITHDRAWN]
    if answer.value != "report_anyway" or not aside:
        return False
    drafts.go_on(turn, [drafts.afresh(turn, one) for one in aside])
    return True


ANSWERS = {"report": _report}
