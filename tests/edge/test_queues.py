"""What an operator lists and settles by hand: unknown sends and dead letters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from domain.messages import Address, ChatKind, Inbound, InboundKind, Lane, Outbound
from storage.inbox import MAX_ATTEMPTS
from storage.schema import OutboxState, inbox
from storage.statements import Statement
from storage.transaction import Transaction
from tests.edge.conftest import Xiaoqi
from tests.town import MORNING

SECRET_WORDS = "王阿姨家的钥匙在门垫下"
_GIVEN_UP = Statement(
    update(inbox).values(state="dead", attempts=MAX_ATTEMPTS, error="Trouble", lease_until=0)
)


def unknown(lane: Lane) -> Callable[[Transaction], int]:
    """A message whose send timed out."""

    def work(tx: Transaction) -> int:
        address = Address(channel="web", chat="visitor-1")
        outbound = Outbound(id=0, address=address, lane=lane, text=SECRET_WORDS)
        row = tx.outbox.add(outbound, person=None, phrase="order.opened", values={})
        tx.outbox.claim("web", token="t", limit=1)
        tx.outbox.sending([row], "t")
        tx.outbox.unknown(row, "t", "timed out", retry=lane is Lane.DIALOGUE)
        return row

    return work


def sent(tx: Transaction) -> None:
    """What waits arrives."""
    for row in tx.outbox.claim("web", token="u", limit=9):
        tx.outbox.sending([row.id], "u")
        tx.outbox.sent(row.id, "u", "77")


def dead(tx: Transaction) -> int:
    """A message that failed every time."""
    inbound = Inbound(
        channel="web",
        key="k1",
        kind=InboundKind.MESSAGE,
        chat="visitor-1",
        chat_kind=ChatKind.PRIVATE,
        account="visitor-1",
        name="王阿姨",
        text=SECRET_WORDS,
        message="1",
        addressed=True,
        order=1,
        sent_at=MORNING,
    )
    row, _ = tx.inbox.accept(inbound, owner="test")
    tx.session.run(_GIVEN_UP)
    return row


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_unknown_sends_are_listed_without_what_is_personal(
    xiaoqi: Xiaoqi, stored: Callable[..., Any]
) -> None:
    row = stored(unknown(Lane.BROADCAST))

    done = xiaoqi("outbox", "--unknown", "--json")

    (found,) = lines(done.out)
    assert (found["id"], found["state"], found["unknowns"]) == (row, "unknown", 1)
    assert (found["reason"], found["lane"]) == ("timed out", "broadcast")
    assert SECRET_WORDS not in done.out
    assert "visitor-1" not in done.out


def test_what_was_said_again_is_listed_as_perhaps_read_twice(
    xiaoqi: Xiaoqi, stored: Callable[..., Any]
) -> None:
    row = stored(unknown(Lane.DIALOGUE))
    stored(sent)

    assert xiaoqi("outbox", "--unknown", "--json").out == ""
    (found,) = lines(xiaoqi("outbox", "--repeated", "--json").out)
    assert (found["id"], found["state"], found["attempts"]) == (row, "sent", 2)


def test_to_reveal_what_is_personal_leaves_a_trace(
    xiaoqi: Xiaoqi, stored: Callable[..., Any]
) -> None:
    stored(unknown(Lane.BROADCAST))

    (found,) = lines(xiaoqi("outbox", "--unknown", "--json", "--reveal").out)

    assert (found["chat"], found["text"]) == ("visitor-1", SECRET_WORDS)
    (entry,) = stored(lambda tx: tx.audit.of("command line"))
    assert entry.entry.action == "outbox.revealed"


def test_an_unknown_send_is_said_again_or_settled(
    xiaoqi: Xiaoqi, stored: Callable[..., Any]
) -> None:
    one, other = stored(unknown(Lane.BROADCAST)), stored(unknown(Lane.BROADCAST))

    assert xiaoqi("outbox", "--resend", one).out == f"{one}: queued again\n"
    assert xiaoqi("outbox", "--settle", other).out == f"{other}: settled\n"

    states = [stored(lambda tx, row=row: tx.outbox.get(row).state) for row in (one, other)]
    assert states == [OutboxState.QUEUED, OutboxState.CANCELLED]
    assert xiaoqi("outbox", "--unknown").out == ""
    again = xiaoqi("outbox", "--resend", one)
    assert (again.code, again.err) == (1, f"there is no unknown send {one}\n")


def test_a_dead_letter_is_listed_and_tried_again(
    xiaoqi: Xiaoqi, stored: Callable[..., Any]
) -> None:
    row = stored(dead)

    done = xiaoqi("dead-letters", "--json")
    (found,) = lines(done.out)
    assert (found["id"], found["attempts"], found["error"]) == (row, MAX_ATTEMPTS, "Trouble")
    assert SECRET_WORDS not in done.out
    assert SECRET_WORDS in xiaoqi("dead-letters", "--reveal").out

    assert xiaoqi("replay-dead", row).out == "1 to be tried again\n"
    assert xiaoqi("dead-letters").out == ""
    assert xiaoqi("replay-dead", row).code == 1
    assert xiaoqi("replay-dead", "--all").out == "0 to be tried again\n"


@pytest.mark.parametrize("arguments", [["outbox"], ["replay-dead"], ["replay-dead", "3", "--all"]])
def test_what_is_not_named_is_not_guessed(xiaoqi: Xiaoqi, arguments: list[str]) -> None:
    done = xiaoqi(*arguments)

    assert done.code == 2
    assert done.err
