"""A report without a name: how it works is said before anything is told."""

from __future__ import annotations

from handlers import report
from handlers.turn import Turn

UNADDRESSED = True


def handle(turn: Turn) -> None:
    """With a problem it is a report whose name is not kept; without one, what anonymous means."""
    if turn.reading.problems:
        report.handle(turn)
    else:
        turn.say("anonymous_report.how", private=True)
