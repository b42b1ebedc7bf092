"""The fictional 梧桐社区: what `make run` shows a stranger."""

from __future__ import annotations

from contextlib import ExitStack
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.channels.base import Persona
from bot.importing import existing_codes, read_table
from storage.database import Database

# In this order: later tables refer to earlier ones.
TABLES = ("units", "places", "categories", "deadlines", "phones", "holidays", "people", "chats")

PERSONAS: tuple[Persona, ...] = (
    Persona(key="resident", name="王阿姨", title="居民", account="sample-resident"),
    Persona(key="neighbour", name="李叔", title="邻居", account="sample-neighbour"),
    Persona(key="leader", name="小李", title="网格长", account="sample-leader"),
    Persona(key="secretary", name="刘书记", title="社区书记", account="sample-secretary"),
)


async def load(database: Database) -> None:
    """Imports the sample's tables into an empty database; what is there already is left as it is."""
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


def _file_of(kind: str) -> Traversable:
    home = "knowledge" if kind == "categories" else "bot"
    folder = resources.files(home) if home == "knowledge" else resources.files(home) / "sample_tables"
    return folder / f"{kind}.csv"
