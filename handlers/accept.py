"""接单: the owner takes a work order in hand, and may say when somebody will come."""

from __future__ import annotations

from domain import moves
from domain.acts import RuleBroken
from domain.handling import AlreadyAccepted
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.rights import require_owner
from handlers import at_work
from handlers.command import Command, owned
from handlers.said import Said, heard, kept_in
from handlers.turn import Answer, Turn
from knowledge.signs import signs

ALL = "accept_all"
SHORTEST = 4  # characters: 收到 says nothing more


def _accept(turn: Turn, order: WorkOrder, details: Said) -> None:
    """The slower of two hears who has it."""
    try:
        order = turn.record(moves.accept(order, turn.act, expected=details.at))
    except AlreadyAccepted as taken:
        winner = turn.tx.people.get(taken.values()["person"])
        mine = winner is not None and winner.id == turn.person.id
        name = winner.name if winner is not None else ""
        turn.say("accept.mine_already" if mine else "accept.taken", number=order.number, by=name)
    else:
        turn.say("accept.done", number=order.number, expected=details.at)


def _which(turn: Turn, answer: Answer) -> bool:
    """The one chosen, or all that wait for this person."""
    if answer.value != ALL:
        return COMMAND.which(turn, answer)
    _take_all(turn, kept_in(answer.context))
    return True


def handle(turn: Turn) -> None:
    """The one meant, or all of them where that was said."""
    waiting = owned(turn, COMMAND.among)
    in_hand = [] if waiting or turn.reading.number or turn.heard.about else at_work.in_hand(turn)
    if in_hand and len(turn.heard.text) > SHORTEST:
        at_work.ask(turn, in_hand)
        return
    several = len(waiting) > 1
    if several and not turn.reading.number and "all_of_them" in signs(turn.heard.text):
        _take_all(turn, heard(turn))
    else:
        COMMAND.handle(turn)


def _take_all(turn: Turn, details: Said) -> None:
    taken = [order for order in owned(turn, COMMAND.among) if _taken(turn, order, details)]
    turn.say("accept.done_all", count=len(taken), expected=details.at)


def _taken(turn: Turn, order: WorkOrder, details: Said) -> bool:
    """Whether this one could be accepted; one that cannot does not stop the others."""
    try:
        turn.record(moves.accept(order, turn.act, expected=details.at))
    except RuleBroken:
        return False
    return True


COMMAND = Command(
    name="accept",
    do=_accept,
    rule=require_owner,
    among=(Status.ASSIGNED,),
    last_choice=(Choice(value=ALL),),
)
is_possible = COMMAND.is_possible
ANSWERS = {**COMMAND.answers, "which": _which}
