"""A photo, a voice message or a position without words, or without words we understand."""

from __future__ import annotations

from datetime import timedelta

from domain.orders import OrderClass, WorkOrder
from domain.readings import PlaceSlots, Problem
from handlers import adding, drafts, meant, resolve
from handlers.ask import general_category
from handlers.opening import open_now
from handlers.shown import values
from handlers.turn import Turn

# A photo within this time of the last word about a work order belongs to it.
STILL_TALKING = timedelta(hours=1)
LONGEST_PLACE = 10  # characters: with a longer text there is more in it than the place


def handle(turn: Turn) -> None:
    """Adds it to what is talked about; else a voice goes to the desk, a photo is asked about."""
    if turn.in_group and not turn.heard.addressed and not _is_expected(turn):
        return
    order = _talked_about(turn)
    if drafts.waiting(turn) and not turn.heard.voices:
        first, *others = drafts.waiting(turn)
        drafts.go_on(turn, [drafts.with_heard(turn, first), *others])
    elif turn.heard.photos and not turn.heard.about and resolve.offered(turn):
        return
    elif order is not None:
        adding.add(turn, order)
    elif turn.heard.voices:
        _hand_on(turn)
    else:
        only_a_place = turn.reading.place and len(turn.heard.text) <= LONGEST_PLACE
        shown = Problem(text="" if only_a_place else turn.heard.text)
        drafts.go_on(turn, [drafts.begun(turn, shown, turn.reading.place)])


def _is_expected(turn: Turn) -> bool:
    return bool(turn.conversation.drafts) or _talked_about(turn) is not None


def _talked_about(turn: Turn) -> WorkOrder | None:
    """The one replied to, or the one of this conversation that was just spoken of."""
    if turn.heard.about:
        return meant.named(turn)
    focused = turn.tx.orders.get(turn.conversation.focus) if turn.conversation.focus else None
    if focused is None or focused.status not in meant.UNFINISHED:
        return None
    return focused if turn.now - focused.history[-1].at < STILL_TALKING else None


def _hand_on(turn: Turn) -> None:
    """Nobody here can listen: the desk gets it as a work order, and the person is told so."""
    voice = Problem(
        text=turn.heard.text, category=general_category(turn), order_class=OrderClass.Q
    )
    order = open_now(turn, drafts.begun(turn, voice, PlaceSlots()))
    turn.say("wordless.voice", **values(turn, order))
