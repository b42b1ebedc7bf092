"""不认可: it is not solved; the same owner does it again and the level above knows."""

from __future__ import annotations

from domain.orders import Status, WorkOrder
from handlers import meant, report, urge
from handlers.sent_back import send_back
from handlers.turn import Answer, Turn

DOUBTFUL = (Status.RESOLVED, Status.CLOSED)
NO_REASONS = frozenset({"confirm", "thanks", "rate", "hello"})
SHORTEST_REASON = 4  # 没修, 没用 say no more than the button does


def handle(turn: Turn) -> None:
    """Sends the one meant back with the person's own words as the reason, or asks which."""
    orders = [o for o in meant.mine(turn, *DOUBTFUL) if o.reporter == turn.person.id]
    waiting = [order for order in orders if order.status is Status.RESOLVED]
    order = meant.named(turn) or meant.one_of(turn, waiting or orders)
    if order is not None:
        _with_words(turn, order)
    elif orders and not turn.reading.number:
        meant.ask_which(
            turn,
            "disagree.which",
            "disagree.ask_which",
            waiting or orders,
            {"reason": turn.heard.text, "photos": list(turn.heard.photos)},
        )
    elif _is_impatience(turn):
        urge.handle(turn)  # nobody has said it is done: that is no disagreement
    elif turn.reading.problems and not turn.reading.number:
        report.handle(turn)  # "还是不亮" of what we never heard of is news to us
    else:
        meant.say_none(turn, "disagree.none")


def _is_impatience(turn: Turn) -> bool:
    """Whether it may be about something that runs, and not about what was never reported."""
    running = meant.mine(turn, *urge.URGEABLE)
    kinds = {problem.category for problem in turn.reading.problems if problem.category}
    alike = [order for order in running if not kinds or order.category in kinds]
    return bool(alike) and not turn.reading.number


def say_why(turn: Turn, order: WorkOrder) -> None:
    """Asks what is still wrong; a reason goes with everything that is sent back."""
    turn.focus_on(order)
    turn.ask("disagree.reason", "disagree.ask_reason", number=order.number)


def _with_words(turn: Turn, order: WorkOrder) -> None:
    if len(turn.heard.text) < SHORTEST_REASON:
        say_why(turn, order)
    else:
        send_back(turn, order, turn.heard.text, turn.heard.photos)


def _reason(turn: Turn, answer: Answer) -> bool:
    """Words, or a photo: a picture of what is still wrong is a reason, too."""
    order = turn.tx.orders.get(answer.number)
    if order is None or turn.reading.intent in NO_REASONS:
        return False
    if turn.heard.text:
        send_back(turn, order, turn.heard.text, turn.heard.photos)
        return True
    if not turn.heard.photos:
        return False
    send_back(turn, order, turn.tx.wording.say("disagree.see_photo", {}), turn.heard.photos)
    return True


def _which(turn: Turn, answer: Answer) -> bool:
    order = turn.tx.orders.get(answer.value) if answer.value else None
    if order is None:
        return False
    send_back(turn, order, answer.context["reason"], tuple(answer.context["photos"]))
    return True


ANSWERS = {"reason": _reason, "which": _which}
