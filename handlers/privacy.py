"""Personal numbers in a group: never repeated, and a word of advice to whoever wrote them."""

from __future__ import annotations

from domain.conversations import GroupMode
from handlers.turn import Turn

# Whoever reads these can use them; a telephone number is everybody's own to give.
DANGEROUS = frozenset({"id", "card", "passport"})


def warn(turn: Turn) -> None:
    """After our own answer; unasked only of a number that others could misuse."""
    kinds = {kind for _, _, kind in turn.reading.private_data}
    unasked = turn.chat.mode is GroupMode.CLEAR_REPORTS and bool(kinds & DANGEROUS)
    if turn.in_group and kinds and (turn.said or unasked):
        turn.say("privacy.take_it_back")
