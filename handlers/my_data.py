"""What is kept about a person, shown and handed out in private only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.changes import AuditEntry
from domain.messages import Choice
from handlers import delete_me
from handlers.turn import Answer, Turn

INTERRUPTS = True
OF_ONESELF = True
MANY = 1000
PAGE = 3000  # characters; platforms stop at 4,096


def handle(turn: Turn) -> None:
    """A summary in plain words, and the whole of it at a tap."""
    if turn.in_group:
        turn.say("my_data.in_private", private=True)
        return
    turn.ask(
        "my_data.export",
        "my_data.summary",
        choices=(Choice(value="export"), Choice(value="erase_me")),
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


def _export(turn: Turn, answer: Answer) -> bool:
    if answer.value == "erase_me":
        delete_me.handle(turn)
        return True
    if answer.value != "export":
        return False
    person = turn.person.id
    turn.tx.audit.add(
        AuditEntry(action="person.exported", subject=f"person:{person}", person=person)
    )
    everything = turn.tx.people.export(person)
    text = turn.tx.wording.say("my_data.document", everything, language="zh")
    pages = list(_pages(text))
    for number, page in enumerate(pages, start=1):
        turn.say("my_data.page", text=page, page=number, pages=len(pages))
    return True


def _pages(text: str) -> Iterator[str]:
    """Parts no longer than a message, cut between lines where there are any."""
    while len(text) > PAGE:
        cut = text.rfind("\n", 0, PAGE) + 1 or PAGE
        yield text[:cut].rstrip("\n")
        text = text[cut:]
    yield text


ANSWERS = {"export": _export}
