"""我的单, 晨报, 待办: what is on somebody's hands and what waits at their desk."""

from __future__ import annotations

from domain.cards import desk_card, leader_card, rows_of
from domain.orders import RUNNING, Status
from handlers.approve import asked_for
from handlers.command import at_desk, desk_communities, owned
from handlers.dead_letters import letters_of
from handlers.turn import Turn

MOST_ROWS = 12
OWED = (*RUNNING, Status.RESOLVED)


def handle(turn: Turn) -> None:
    """Both cards for who has both, in private; one line for who has nothing."""
    shown = [_say_own(turn), _say_desk(turn)]
    if not any(shown):
        turn.say("card.nothing")


def _say_own(turn: Turn) -> bool:
    rows = rows_of(owned(turn, OWED), turn.rules, turn.now)
    values = leader_card(rows, turn.rules, most=MOST_ROWS)
    if values is None:
        return False
    turn.say("clock.morning_card", private=True, at=turn.now, **values)
    return True


def _say_desk(turn: Turn) -> bool:
    communities = desk_communities(turn)
    if not communities:
        return False
    values = desk_card(
        waiting=at_desk(turn, (Status.OPEN,)),
        extensions=asked_for(turn, (Status.ACCEPTED, Status.SUSPENDED)),
        hand_overs=len(turn.tx.hand_overs.waiting(communities)),
        dead_letters=len(letters_of(turn)),
        rules=turn.rules,
        at=turn.now,
        most=MOST_ROWS,
    )
    if values is None:
        return False
    turn.say("clock.desk_card", private=True, at=turn.now, **values)
    return True
