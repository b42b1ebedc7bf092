"""转派: to a post below; to one beside it goes by return, which the desk decides."""

from __future__ import annotations

from domain import moves
from domain.handling import HandOnSideways
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.rights import require_owner
from handlers import posts, return_order
from handlers.command import Command
from handlers.said import Said, kept_in, words_without_numbers
from handlers.turn import Answer, Turn


def _hand_on(turn: Turn, order: WorkOrder, details: Said) -> None:
    post = posts.the_one(turn, order, details)
    if post is None:
        choices = posts.choices(turn, order, details)
        COMMAND.ask_for(turn, order, details, "post", choices=choices)
        return
    reason = details.reason or words_without_numbers(turn) or posts.name(turn, post)
    try:
        order = turn.record(moves.hand_on(order, turn.act, post=post, reason=reason))
    except HandOnSideways:
        if order.status is not Status.ASSIGNED or post == order.owner:
            raise
        _offer_return(turn, order, Said(reason=reason, post=post))
    else:
        turn.say("hand_on.done", number=order.number, to=posts.name(turn, post))


def _offer_return(turn: Turn, order: WorkOrder, details: Said) -> None:
    turn.ask(
        "hand_on.sideways",
        "hand_on.ask_return",
        choices=(Choice(value="return"), Choice(value="keep_it")),
        number=order.number,
        context=details.kept(),
        to=posts.name(turn, details.post) if details.post else "",
    )


def _sideways(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.number)
    if order is None or not answer.value:
        return False
    if answer.value == "return":
        return_order.COMMAND.carry_out(turn, order, kept_in(answer.context))
    else:
        turn.say("hand_on.kept", number=order.number)
    return True


COMMAND = Command(
    name="hand_on",
    do=_hand_on,
    rule=require_owner,
    among=(Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED),
)
handle = COMMAND.handle
ANSWERS = {**COMMAND.answers, "sideways": _sideways}
