"""The fictional community of `bot/sample_tables/`: what `make run` shows a stranger."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.channels.base import Persona
from bot.importing import existing_codes, read_table
from storage.database import Database

# In this order: later tables refer to earlier ones.
TABLES = ("units", "places", "categories", "deadlines", "phones", "holidays", "people", "chats")


async def load(database: Database) -> None:
    """Imports the sample's tables into an empty database; what is there already is left alone."""
    if await database.read(lambda tx: tx.tables.version("units")):
        return
    for kind in TABLES:
        await load_table(database, kind)
    await database.refresh()


async def load_table(database: Database, kind: str) -> None:
    """Imports one of the sample's tables."""
    with ExitStack() as stack:
        file = stack.enter_context(resources.as_file(_file_of(kind)))
        existing = await database.read(existing_codes)
        rows = read_table(kind, Path(file), existing)
    await database.run(lambda tx: tx.tables.replace(kind, rows))


def personas() -> tuple[Persona, ...]:
    """The people through whose eyes a stranger may look at the sample."""
    text = _file_of("personas").read_text(encoding="utf-8")
    return tuple(Persona(**row) for row in csv.DictReader(text.splitlines()))


def _file_of(kind: str) -> Traversable:
    if kind == "categories":
        return resources.files("knowledge") / "categories.csv"
    return resources.files("bot") / "sample_tables" / f"{kind}.csv"
