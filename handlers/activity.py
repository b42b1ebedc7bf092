"""活动: whoever leads a branch plans, moves and cancels; everybody else hears what is to come."""

from __future__ import annotations

from handlers import activity_change, activity_meant, activity_places, activity_plan, roll
from handlers.activity_hosts import hosts
from handlers.turn import Turn
from knowledge.activities import activity_signs, find_plan

SHOWN = 5


def handle(turn: Turn) -> None:
    """What the words want, as far as this person may."""
    wanted = activity_signs(turn.heard.text)
    if hosts(turn):
        said = find_plan(turn.heard.text, turn.rules.calendar.local_day(turn.now))
        if said.rule and said.holidays:
            wanted -= {"moves", "cancels"}  # 放假顺延 moves nothing that is planned already
        if "resizes" in wanted:
            activity_places.handle_words(turn)
            return
        if wanted & {"moves", "cancels", "ends_series"}:
            activity_change.handle_words(turn, wanted)
            return
        if "who" in wanted:
            roll.handle(turn)
            return
        dated = said.when.day or said.when.start or said.when.impossible or said.rule
        if "asks" not in wanted and ("plans" in wanted or (said.kind and dated)):
            activity_plan.begin(turn, said)
            return
    show_coming(turn)


def show_coming(turn: Turn) -> None:
    """What is to come for the person; who to ask when nothing is known here."""
    coming = activity_meant.open_to(turn)
    if not coming:
        turn.say("activity.by_people")
        return
    rows = [
        {"row": row, **activity_meant.values(turn, one)}
        for row, one in enumerate(coming[:SHOWN], start=1)
    ]
    turn.say("activity.coming", rows=rows, more=max(len(coming) - SHOWN, 0))
