"""撤回: a resident takes a report back; asked once, and the history stays."""

from __future__ import annotations

from domain import moves
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.resident import UNFINISHED
from handlers import drafts, meant
from handlers.shown import values
from handlers.turn import Answer, Turn

INTERRUPTS = True
OF_ONESELF = True


def handle(turn: Turn) -> None:
    """A draft is dropped at once; of work orders the one meant is asked about."""
    if drafts.waiting(turn) and not turn.reading.number:
        drop_drafts(turn)
        turn.say("withdraw.draft")
        return
    orders = [o for o in meant.mine(turn, *UNFINISHED) if o.reporter == turn.person.id]
    order = meant.named(turn) or meant.one_of(turn, orders)
    if order is not None:
        _ask(turn, order)
    elif orders and not turn.reading.number:
        meant.ask_which(turn, "withdraw.which", "withdraw.ask_which", orders)
    else:
        meant.say_none(turn, "withdraw.none")


def drop_drafts(turn: Turn) -> None:
    """Takes back whatever was half said."""
    for draft in drafts.waiting(turn):
        turn.record(moves.withdraw(draft, turn.act))
    turn.remember(drafts=(), asked=0)


def _ask(turn: Turn, order: WorkOrder) -> None:
    if order.reporter != turn.person.id:
        _stop_following(turn, order)
        return
    turn.ask(
        "withdraw.sure",
        "withdraw.ask_sure",
        choices=(Choice(value="withdraw"), Choice(value="keep")),
        context={"reason": turn.reading.reason},
        **values(turn, order),
    )


def _stop_following(turn: Turn, order: WorkOrder) -> None:
    """A neighbour cannot take back another's report, only stop hearing of it."""
    order = turn.record(moves.unfollow(order, turn.act, person=turn.person.id))
    turn.say("withdraw.unfollowed", number=order.number)


def _sure(turn: Turn, answer: Answer) -> bool:
    agreed = answer.value == "withdraw" or turn.reading.yes is True
    if not agreed and answer.value != "keep" and turn.reading.yes is not False:
        return False
    order = turn.tx.orders.get(answer.number)
    if order is None or order.status is Status.WITHDRAWN or not agreed:
        turn.say("withdraw.kept", number=answer.number)
        return True
    reason = str(answer.context.get("reason", ""))
    order = turn.record(moves.withdraw(order, turn.act, reason=reason))
    turn.say("withdraw.done", number=order.number)
    return True


def _which(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.value) if answer.value else None
    if order is None:
        return False
    _ask(turn, order)
    return True


ANSWERS = {"sure": _sure, "which": _which}
