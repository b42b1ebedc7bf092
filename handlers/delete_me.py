"""删除我: a person takes back what we know of them; asked once, then done for good."""

from __future__ import annotations

import secrets
from dataclasses import replace

from domain import moves
from domain.changes import AuditEntry, Notice
from domain.messages import Choice
from domain.orders import WorkOrder
from domain.resident import UNFINISHED
from handlers import withdraw
from handlers.turn import Answer, Turn

INTERRUPTS = True
OF_ONESELF = True
MANY = 1000


def handle(turn: Turn) -> None:
    """Says what will go, and asks what becomes of the work orders that run."""
    if turn.in_group:
        turn.say("delete_me.in_private", private=True)
        return
    if turn.actor.is_staff:
        turn.say("delete_me.staff")
        return
    running = _unfinished(turn)
    options = ("withdraw_all", "keep_unnamed", "keep_mine") if running else ("erase", "keep_mine")
    turn.ask(
        "delete_me.sure",
        "delete_me.ask_sure",
        choices=tuple(Choice(value=option) for option in options),
        running=len(running),
        orders=len(turn.tx.orders.of_reporter(turn.person.id, False, MANY)),
    )


def _unfinished(turn: Turn) -> list[WorkOrder]:
    orders = turn.tx.orders.of_reporter(turn.person.id, False, MANY)
    return [order for order in orders if order.status in UNFINISHED]


def _sure(turn: Turn, answer: Answer) -> bool:
    if not answer.value:
        return _in_words(turn)
    match answer.value:
        case "keep_mine":
            turn.say("delete_me.kept")
        case "erase" | "keep_unnamed":
            erase_me(turn)
        case "withdraw_all":
            notices = _withdraw_all(turn)
            erase_me(turn)
            for notice in notices:
                turn.tell(notice)
        case _:
            return False
    return True


def _in_words(turn: Turn) -> bool:
    """A plain no keeps everything; a plain yes is enough where there is nothing else to decide."""
    if turn.reading.yes is False:
        turn.say("delete_me.kept")
    elif turn.reading.yes is True and not _unfinished(turn):
        erase_me(turn)
    elif turn.reading.yes is True:
        handle(turn)
    else:
        return False
    return True


def _withdraw_all(turn: Turn) -> list[Notice]:
    """Takes back what nobody else relies on; what neighbours follow goes on without the name.

    Whoever is to be told of it is told by the caller, after the erasing: what was said before is
    sealed under a key that goes.
    """
    changes = [
        moves.withdraw(order, turn.act) for order in _unfinished(turn) if not order.followers
    ]
    for change in changes:
        turn.record(replace(change, notices=()))
    return [notice for change in changes for notice in change.notices]


def erase_me(turn: Turn) -> None:
    """The person who speaks is removed, and told so by what is said here last."""
    withdraw.drop_drafts(turn)
    turn.say("delete_me.done", receipt=erase(turn, turn.person.id))


def erase(turn: Turn, person: int, *, reason: str = "own_wish") -> str:
    """Destroys the key to everything personal; only an entry with a receipt number stays."""
    receipt = f"{secrets.randbelow(10**8):08d}"
    detail = {"reason": reason}
    turn.tx.audit.add(
        AuditEntry(action="person.erased", subject=f"receipt:{receipt}", detail=detail)
    )
    turn.tx.people.erase(person)
    return receipt


ANSWERS = {"sure": _sure}
