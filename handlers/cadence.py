"""三会一课进度: what the branch still owes, and one tap to plan it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

from domain.activities import ActivityKind
from domain.cadence import Owed, proposed_day
from domain.messages import Choice
from handlers import activity_plan
from handlers.activity_hosts import Host, hosts
from handlers.activity_plan import Draft
from handlers.turn import Answer, Turn
from storage.cadences import owed_by, owed_values

SHOWN = 6
USUAL_TIME = time(15)


def handle(turn: Turn) -> None:
    """Of the own branch, or of the one named."""
    led = [host for host in hosts(turn) if host.is_branch]
    if not led:
        turn.say("refused.may_not_plan")
        return
    named = [host for host in led if host.name in turn.heard.text]
    show(turn, (named or led)[0])


def show(turn: Turn, host: Host) -> None:
    """What is missing, the most pressing first, each with a button."""
    branch = turn.tx.branches.get(host.unit)
    assert branch is not None
    everything = owed_by(turn.tx, branch)
    missing = sorted((one for one in everything if one.is_missing), key=lambda one: one.days_left)[
        :SHOWN
    ]
    done = len(everything) - sum(one.is_missing for one in everything)
    values: dict[str, Any] = {"branch": host.name, "done": done, "total": len(everything)}
    if not missing:
        turn.say("cadence.nothing_missing", **values)
        return
    rows = [owed_values(turn.tx, one, row=row) for row, one in enumerate(missing, start=1)]
    choices = tuple(
        Choice(
            value=f"{one.kind}:{one.unit}",
            label=turn.tx.wording.say("cadence.plan_it", owed_values(turn.tx, one, row=row)),
        )
        for row, one in enumerate(missing, start=1)
    )
    turn.ask(
        "cadence.plan",
        "cadence.missing",
        choices=choices,
        context={"unit": host.unit},
        rows=rows,
        **values,
    )


def _plan(turn: Turn, answer: Answer) -> bool:
    """A draft with a day that fits; its place is asked, and it is previewed as always."""
    kind, _, unit = answer.value.partition(":")
    branch = turn.tx.branches.get(int(answer.context["unit"])) if unit else None
    if branch is None or not any(host.unit == branch.unit for host in hosts(turn)):
        return False
    wanted = next(
        (
            one
            for one in owed_by(turn.tx, branch)
            if one.kind.value == kind and one.unit == int(unit)
        ),
        None,
    )
    if wanted is None:
        return False
    activity_plan.go_on(turn, _draft(turn, wanted, branch.unit))
    return True


def _draft(turn: Turn, wanted: Owed, unit: int) -> Draft:
    branch = turn.tx.branches.get(unit)
    assert branch is not None
    calendar = turn.rules.calendar
    day = proposed_day(wanted, branch, calendar, calendar.local_day(turn.now))
    draft = Draft(
        unit=unit,
        kind=wanted.kind.value,
        day=day.isoformat(),
        start=USUAL_TIME.isoformat(),
    )
    if wanted.kind is ActivityKind.GROUP_MEETING:
        return replace(draft, group=wanted.unit)
    return draft


ANSWERS = {"plan": _plan}
