"""What is kept about a person, shown and handed out in private only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.changes import AuditEntry
from domain.messages import AttachmentKind, Choice
from domain.retention import Kept
from handlers import delete_me
from handlers.turn import Answer, Turn
from storage import handing_out, own_copy

INTERRUPTS = True
OF_ONESELF = True
MANY = 1000
PAGE = 3000  # characters; platforms stop at 4,096
MOST = 10 << 20  # bytes of a file: it is made while others wait, and has to fit a platform


def handle(turn: Turn) -> None:
    """A summary in plain words, and the whole of it at a tap."""
    if turn.in_group:
        turn.say("my_data.in_private", private=True)
        return
    turn.ask(
        "my_data.export",
        "my_data.summary",
        choices=tuple(Choice(value=one) for one in ("export", "export_text", "erase_me")),
        **summary(turn),
    )


def summary(turn: Turn) -> dict[str, Any]:
    """How much is kept, as values for a phrase."""
    orders = turn.tx.orders.of_reporter(turn.person.id, False, MANY)
    contacts = turn.tx.people.contacts(turn.person.id)
    return {
        "name": turn.person.name,
        "accounts": len(contacts),
        "orders": len(orders),
        "running": len([order for order in orders if order.is_running]),
        "pictures": sum(len(order.photos) for order in orders),
        "followed": len(turn.tx.orders.followed_by(turn.person.id, MANY)),
        "place": turn.conversation.last_place.shown(private=True),
    }


def _chosen(turn: Turn, answer: Answer) -> bool:
    match answer.value:
        case "export":
            _hand_out(turn)
        case "export_text":
            _tell(turn)
        case "erase_me":
            delete_me.handle(turn)
        case _:
            return False
    return True


def _hand_out(turn: Turn) -> None:
    """All of it as a file, which opens for as long as the operator's terms say."""
    tx, person = turn.tx, turn.person.id
    data = own_copy.archive(tx, person, most=MOST)
    if not tx.attachments.has_room(person, len(data)):
        _tell(turn)
        return
    _note(turn, "file")
    file = tx.attachments.put(
        person, AttachmentKind.FILE, own_copy.MEDIA_TYPE, data, channel=handing_out.COPY
    )
    days = (turn.now - turn.rules.limits.retention.before(Kept.COPIES, turn.now)).days
    turn.say("my_data.file", photos=(file,), days=days)


def _tell(turn: Turn) -> None:
    """All of it in words, for whoever cannot open a file."""
    _note(turn, "text")
    pages = list(_pages(own_copy.document(turn.tx, turn.person.id)))
    for number, page in enumerate(pages, start=1):
        turn.say("my_data.page", text=page, page=number, pages=len(pages))


def _note(turn: Turn, form: str) -> None:
    person = turn.person.id
    detail = {"reason": "own_wish", "form": form}
    turn.tx.audit.add(
        AuditEntry(
            action="person.exported", subject=f"person:{person}", person=person, detail=detail
        )
    )


def _pages(text: str) -> Iterator[str]:
    """Parts no longer than a message, cut between lines where there are any."""
    while len(text) > PAGE:
        cut = text.rfind("\n", 0, PAGE) + 1 or PAGE
        yield text[:cut].rstrip("\n")
        text = text[cut:]
    yield text


ANSWERS = {"export": _chosen}
