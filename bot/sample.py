"""The fictional community of `bot/sample_tables/`: what `make run` shows a stranger."""

from __future__ import annotations

import csv
from importlib import resources
from importlib.resources.abc import Traversable

from bot.channels.base import Persona
from bot.importing import existing_codes, read_table
from storage.database import Database
from storage.transaction import Transaction

# In this order: later tables refer to earlier ones.
TABLES = (
    "units",
    "places",
    "categories",
    "deadlines",
    "phones",
    "holidays",
    "policies",
    "people",
    "chats",
    "branches",
    "members",
)


async def load(database: Database) -> None:
    """Imports the sample's tables into an empty database; what is there already is left alone."""
    if not await database.read(lambda tx: tx.tables.version("units")):
        await database.run(_load_once)
    await database.refresh()


def _load_once(tx: Transaction) -> None:
    """All tables or none; of several processes that start at once one does it."""
    tx.tables.bump("units")  # who comes second waits here for the first
    if tx.tables.version("units") > 1:
        return
    for kind in TABLES:
        with resources.as_file(_file_of(kind)) as file:
            tx.tables.replace(kind, read_table(kind, file, existing_codes(tx)))


def personas() -> tuple[Persona, ...]:
    """The people through whose eyes a stranger may look at the sample."""
    text = _file_of("personas").read_text(encoding="utf-8")
    return tuple(Persona(**row) for row in csv.DictReader(text.splitlines()))


def unit_codes() -> frozenset[str]:
    """The codes of the sample's units, by which it is told from real data."""
    text = _file_of("units").read_text(encoding="utf-8-sig")
    return frozenset(row["code"] for row in csv.DictReader(text.splitlines()))


def _file_of(kind: str) -> Traversable:
    if kind == "categories":
        return resources.files("knowledge") / "categories.csv"
    ending = "toml" if kind == "policies" else "csv"
    return resources.files("bot") / "sample_tables" / f"{kind}.{ending}"
