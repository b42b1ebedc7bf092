"""What a new life of the process takes over from those before it, of which it knows that they are
dead: their supervisor waited for their end.
"""

from __future__ import annotations

from storage.transaction import Transaction

RELAY = "relay:"  # how the lease of a channel's delivery is named


def inherit(tx: Transaction, life: str) -> None:
    """Frees at once what former lives held ("4f1c.3": "4f1c.1", "4f1c.2"); nobody waits for their
    leases, and what they were sending is unknown.
    """
    tx.inbox.inherit(life)
    for name, token in tx.leases.inherit(life):
        if name.startswith(RELAY):
            tx.outbox.give_up(name.removeprefix(RELAY), token)
