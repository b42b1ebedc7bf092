"""办结: what was done, with a photo where there is one; the reporter says whether it is solved."""

from __future__ import annotations

from dataclasses import replace

from domain import moves
from domain.messages import Choice
from domain.orders import Status, WorkOrder
from domain.rights import require_owner
from handlers.command import Command, owned
from handlers.said import Said, heard, words_without_numbers
from handlers.shown import LISTED, choices
from handlers.turn import Answer, Turn

NO_RESULT = "no_result"


def _resolve(turn: Turn, order: WorkOrder, details: Said) -> None:
    """Asks once for a photo, and takes no for an answer."""
    note, photos = details.reason, details.photos
    # The decision is pure: made once with any note, it says whether there is a point in asking.
    change = moves.resolve(order, turn.act, note=note or order.number, photos=photos)
    if not (photos or details.without_photo):
        without = (Choice(value="no_photo"),)
        COMMAND.ask_for(turn, order, details, "photo", choices=without)
        return
    if not (photos or note):
        COMMAND.ask_for(turn, order, details, "reason")
        return
    order = turn.record(change if note else moves.resolve(order, turn.act, photos=photos))
    if details.photos:
        turn.tx.attachments.attach(details.photos, order.number)
    turn.say("resolve.done", number=order.number, with_photos=len(details.photos))


def offered(turn: Turn) -> bool:
    """A photo from somebody with work on their hands: whether it shows a result."""
    orders = owned(turn, COMMAND.among)
    if not orders or turn.in_group:
        return False
    turn.ask(
        "resolve.which",
        "resolve.ask_photo_of",
        choices=(*choices(turn, orders[:LISTED]), Choice(value=NO_RESULT)),
        context=replace(heard(turn), reason=words_without_numbers(turn)).kept(),
    )
    return True


def _which(turn: Turn, answer: Answer) -> bool:
    if answer.value != NO_RESULT:
        return COMMAND.which(turn, answer)
    turn.say("resolve.no_result")
    return True


COMMAND = Command(
    name="resolve",
    do=_resolve,
    rule=require_owner,
    among=(Status.ASSIGNED, Status.ACCEPTED, Status.SUSPENDED),
    # Telling the wrong resident that it is done is worse than one question.
    trusts_focus=False,
    words_are_reason=True,
    doubted_by="unfinished",
)
handle = COMMAND.handle
is_possible = COMMAND.is_possible
ANSWERS = {**COMMAND.answers, "which": _which}
