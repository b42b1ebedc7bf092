"""What a call is made with, and what is written down of its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.messages import Address, Lane, Refused, Sent, TryLater, Unknown
from storage.outbox import OutboxRow
from storage.outbox_statements import SAID_AGAIN
from storage.schema import AttachmentState
from storage.transaction import Transaction

Outcome = Sent | TryLater | Refused | Unknown

# How long words wait for files that are still on their way to us.
FILES_COME = timedelta(minutes=1)
FILES_COME_IN_DANGER = timedelta(seconds=5)

OUTCOMES = {Sent: "sent", TryLater: "later", Refused: "refused", Unknown: "unknown"}
# Refused to one of the staff, these must not be forgotten.
OWED = frozenset({Lane.EMERGENCY, Lane.STAFF, Lane.MORNING})


def with_files(tx: Transaction, row: OutboxRow) -> OutboxRow | None:
    """The message with the files that are here, saying so when some are lost; None while some are
    still being fetched.
    """
    outbound = row.outbound
    patience = FILES_COME_IN_DANGER if outbound.lane is Lane.EMERGENCY else FILES_COME
    here = []
    for number in outbound.photos:
        file = tx.attachments.get(number)
        if file is None or file.state is AttachmentState.FAILED:
            continue
        if file.state is AttachmentState.STORED:
            here.append(number)
        elif tx.now - file.heard_at < patience:
            return None
    lost = len(outbound.photos) - len(here)
    if not lost:
        return row
    reader = None if row.person is None else tx.people.get(row.person)
    language = reader.language if reader else ""
    line = tx.wording.say("relay.files_lost", {"count": lost}, language=language)
    text = f"{outbound.text}\n{line}"
    return replace(row, outbound=replace(outbound, text=text, photos=tuple(here)))


def record(tx: Transaction, row: OutboxRow, token: str, outcome: Outcome) -> None:
    """What became of a message, in the outbox and in what is known of the chat."""
    match outcome:
        case Sent():
            tx.outbox.sent(row.id, token, outcome.message)
        case TryLater():
            tx.outbox.later(row.id, token, outcome.after, outcome.reason)
        case Refused():
            _refused(tx, row, token, outcome)
        case Unknown():
            again = row.outbound.lane in SAID_AGAIN
            tx.outbox.unknown(
                row.id, token, str(outcome), retry=again, patient=outcome.in_disorder
            )


def _refused(tx: Transaction, row: OutboxRow, token: str, refused: Refused) -> None:
    """A chat that moved is re-keyed; one that cannot be reached is no longer written to."""
    address = row.outbound.address
    if refused.migrated_to not in ("", address.chat):
        moved = Address(channel=address.channel, chat=refused.migrated_to)
        if not tx.outbox.later(row.id, token, 0, refused.reason):
            return
        tx.chats.migrate(address, moved)
        tx.outbox.move(address, moved)  # also when the group is known to have moved long ago
        return
    if not tx.outbox.refused(row.id, token, refused.reason):
        return
    if row.number and row.outbound.lane in OWED:
        tx.orders.mark_untold(row.number)
    if refused.gone:
        tx.chats.deactivate(address)
        tx.people.mark_unreachable(address)
        tx.outbox.cancel_address(address)
