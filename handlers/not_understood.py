"""没听懂: an honest line and what to try; the second time a human is offered."""

from __future__ import annotations

from domain.messages import Choice
from handlers import adding, ask, at_work, correct, drafts, wordless
from handlers.turn import Turn
from handlers.where import at

MISSES_BEFORE_A_HUMAN = 2
SHORTEST_TOLD = 6  # characters: less tells nothing of anybody's work


def handle(turn: Turn) -> None:
    """A place or a phone number still owed is understood, and what may be a question about policy;
    else the misses in a row are counted. Who works here is told the commands, and is offered no
    human: that would be themselves.
    """
    if not (_is_owed(turn) or ask.followed_up(turn) or ask.may_offer(turn)):
        _miss(turn)


def _is_owed(turn: Turn) -> bool:
    """A picture that speaks for itself, or what we said would be welcome at any time."""
    if turn.heard.photos or turn.heard.voices or turn.heard.location:
        wordless.handle(turn)
        return True
    owed = drafts.asked_elsewhere(turn) if turn.reading.place and not turn.in_group else []
    if owed:
        drafts.go_on(turn, [at(turn, draft, turn.reading.place) for draft in owed])
        return True
    order = turn.tx.orders.get(turn.conversation.focus) if turn.conversation.focus else None
    if order is None or not order.is_running or order.reporter != turn.person.id:
        return False
    if turn.reading.place and order.grid is None:
        correct.put_right(turn, order, "correct.placed")
        return True
    if turn.reading.private_data and not turn.in_group:
        adding.add(turn, order)
        return True
    return False


def _miss(turn: Turn) -> None:
    if turn.actor.is_staff:
        told = len(turn.heard.text) >= SHORTEST_TOLD and at_work.asked(turn)
        if not told:
            turn.say("not_understood.staff")
        return
    misses = turn.conversation.misses + 1
    turn.remember(misses=misses)
    if misses < MISSES_BEFORE_A_HUMAN:
        turn.say("not_understood.first")
        return
    turn.ask(
        "human.offered",
        "not_understood.again",
        choices=(Choice(value="human"), Choice(value="cancel")),
    )
