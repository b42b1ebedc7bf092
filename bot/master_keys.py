"""Looks after the master keys: how old those in use are, and getting everything under a new one.

Rotating wraps every data key anew; what the data keys sealed stays as it is. It may be broken off
at any moment: what is under the old key opens as before, and the next run goes on. A process that
runs meanwhile learns of the new key within seconds, or when it meets something wrapped under it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from domain.changes import AuditEntry
from storage.database import MASTER, Database
from storage.transaction import Transaction

Step = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many data keys are under the newest master key, under older ones, and under none we
    have.
    """

    newest: int
    older: int
    lost: int


async def look(database: Database) -> Found:
    """What the master keys in the file open."""
    ages: Counter[int | None] = Counter()
    after: int | None = 0
    while after is not None:
        after, some = await database.read(lambda tx, after=after: tx.vault.ages(after))  # type: ignore[misc]
        ages += some
    lost = ages.pop(None, 0)
    return Found(newest=ages[0], older=ages.total() - ages[0], lost=lost)


async def rotate(database: Database, step: Step = lambda done: None) -> int:
    """Everything is wrapped under the newest master key; how many data keys were not.

    Where everything is under the newest one already, a new one is made first, and the file lets go
    of those before it but the first (see storage/keyring.py). Else a rotation goes on that was
    begun, or a key is taken into use that `add` made.
    """
    found = await look(database)
    if not found.older:
        database.keyring.keep_masters({0})
        database.keyring.add_master()
    database.keyring.use_newest()
    await database.run(lambda tx: tx.tables.bump(MASTER))
    moved = 0
    while some := await _rewrap_all(database, lambda done: step(moved + done)):  # noqa: B023
        moved += some
    await database.run(lambda tx: _note(tx, moved))
    return moved


async def _rewrap_all(database: Database, step: Step) -> int:
    """One walk along all data keys; how many were under an older master key."""
    moved = 0
    after: int | None = 0
    while after is not None:
        after, some = await database.run(lambda tx, after=after: tx.vault.rewrap(after))  # type: ignore[misc]
        moved += some
        step(moved)
    return moved


def _note(tx: Transaction, moved: int) -> None:
    tx.audit.add(AuditEntry(action="keys.rotated", subject="keys:master", detail={"keys": moved}))
