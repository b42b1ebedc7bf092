"""Writes the record book (台账) of a branch and year to a file, as the links of the chat do."""

from __future__ import annotations

from pathlib import Path

from bot import app
from bot.private_files import write_private
from domain.branches import Branch
from domain.changes import AuditEntry
from domain.wording import Wording
from storage.activity_figures import record_book
from storage.transaction import Transaction
from web.record_book import as_docx, as_xlsx

BOOK = "record_book"  # the kind, beside the tables of bot/exporting.py
ENDINGS = (".xlsx", ".docx")
FIRST, LAST = 2000, 2200


class NoSuchBook(Exception):
    """No branch is called so, several are, or the year is none."""


async def export_book(house: app.Opened, of: str, year: int, file: Path) -> tuple[int, str]:
    """How many activities it holds, and whose it is. Raises NoSuchBook.

    The file appears when it is complete, for us alone: names are in it.
    """
    branch = await house.database.read(lambda tx: the_one(tx, of))
    year = year or await house.database.read(_this_year)
    if not FIRST <= year <= LAST:
        raise NoSuchBook(f"--year {year}: not from {FIRST} to {LAST}")
    taken = AuditEntry(
        action="activity.book_exported",
        subject=f"unit:{branch.unit}",
        detail={"year": year, "by": "command line"},
    )
    await house.database.run(lambda tx: tx.audit.add(taken))
    count, data = await house.database.read(
        lambda tx: _written(tx, branch, year, file.suffix, house.wording)
    )
    write_private(file, data)
    return count, f"{branch.name} {year}"


def the_one(tx: Transaction, said: str) -> Branch:
    """The branch with this unit code or name, or the only one with this in its name."""
    branches = tx.branches.all()
    exact = [one for one in branches if said in (one.name, tx.org.unit(one.unit).code)]
    found = exact or [one for one in branches if said in one.name]
    if len(found) != 1:
        known = ", ".join(f"{tx.org.unit(one.unit).code} {one.name}" for one in branches)
        raise NoSuchBook(f"--of {said}: no branch or several are called so; known: {known}")
    return found[0]


def _this_year(tx: Transaction) -> int:
    return tx.rules.calendar.local_day(tx.now).year


def _written(
    tx: Transaction, branch: Branch, year: int, ending: str, wording: Wording
) -> tuple[int, bytes]:
    def word(name: str) -> str:
        return wording.say(f"record_book.file.{name}", {})

    named = {"branch": branch.name, "year": year}
    title = wording.say("record_book.file.title", named)
    pages = list(record_book(tx, branch.unit, year))
    write = as_xlsx if ending == ".xlsx" else as_docx
    return len(pages), write(title, pages, word)
