"""Writes everything kept about one person to a file, for a reason that is kept."""

from __future__ import annotations

from pathlib import Path

from bot.private_files import write_private
from domain.changes import AuditEntry
from storage import own_copy
from storage.database import Database
from storage.transaction import Transaction

PERSON = "person"  # the kind, beside the tables of bot/exporting.py
# Why it may be asked for (个人信息保护法 45, 31, 49, 18); a code, since the audit holds no words.
REASONS = ("own_wish", "guardian", "relative", "authority")


class NotOnePerson(Exception):
    """Nobody is known by these words, or more than one person is."""


async def export_person(database: Database, who: str, reason: str, file: Path) -> None:
    """Writes the ZIP; raises NotOnePerson. The file appears when it is complete, for us alone."""
    person = await database.read(lambda tx: the_one(tx, who))
    detail = {"reason": reason, "form": "file", "by": "command line"}
    taken = AuditEntry(action="person.exported", subject=f"person:{person}", detail=detail)
    await database.run(lambda tx: tx.audit.add(taken))
    data = await database.read(lambda tx: own_copy.archive(tx, person))
    write_private(file, data)


def the_one(tx: Transaction, who: str) -> int:
    """The person with this phone, account (web:…), code of the people table or id (id:17)."""
    found = sorted({person for person in _called(tx, who.strip()) if _is_known(tx, person)})
    if not found:
        raise NotOnePerson(f"nobody we know is {who!r}")
    if len(found) > 1:
        listed = ", ".join(f"id:{person}" for person in found)
        raise NotOnePerson(f"{len(found)} people are {who!r}: {listed}")
    return found[0]


def _called(tx: Transaction, who: str) -> list[int]:
    found = [person.id for person in tx.people.with_phone(who)]
    channel, colon, account = who.partition(":")
    if channel == "id" and account.isascii() and account.isdecimal() and len(account) <= 18:
        known = tx.people.get(int(account))
        return [] if known is None else [known.id]
    if colon and (one := tx.people.of_account(channel, account)) is not None:
        found.append(one[0].id)
    coded = tx.people.coded(who)
    return found if coded is None else [*found, coded]


def _is_known(tx: Transaction, person: int) -> bool:
    found = tx.people.get(person)
    return found is not None and not found.erased
