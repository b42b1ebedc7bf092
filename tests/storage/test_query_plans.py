"""No question asked of a large table reads the whole of it: a city is as quick as a street."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sqlite3

import storage
from storage.statements import SQLITE, Statement
from tests.databases import NewDatabase

LARGE = frozenset(
    {
        "attachment_bytes",
        "attachments",
        "attendance",
        "audit",
        "broadcast_answers",
        "broadcast_recipients",
        "contacts",
        "conversations",
        "followers",
        "hand_overs",
        "inbox",
        "memberships",
        "order_events",
        "orders",
        "outbox",
        "people",
        "questions",
        "reminders",
        "transcripts",
    }
)
# Read in the order of their key and stopped by a limit.
IN_KEY_ORDER = frozenset(
    {
        "orders._LATEST",
        "orders._AFTER",
        "retention._OLDEST_ASKED",
        "retention._OLDEST_HANDED",
        "retention._OLDEST_SAID",
        "retention._OLDEST_SHOWN",
        "settling._CONTACTS",
        "settling._PEOPLE",
    }
)
# A report that an operator asks for counts, and waits for it.
REPORTS = ("retention_report.", "departing._LOOK", "passed.")
WHOLE = re.compile(
    r"SCAN (\w+)(?! USING (?:COVERING )?INDEX ix_)"
    r"|SEARCH (\w+) USING INTEGER PRIMARY KEY \(rowid>\?\)"
)


def all_statements() -> dict[str, Statement]:
    modules = [module.name for module in pkgutil.iter_modules(storage.__path__)]
    return {
        f"{name}.{key}": value
        for name in modules
        if name != "migrations"
        for key, value in vars(importlib.import_module(f"storage.{name}")).items()
        if isinstance(value, Statement) and "POSTGRESQL" not in key
    }


def test_every_statement_finds_its_rows_by_an_index(new_database_url: NewDatabase) -> None:
    slow = []
    with new_database_url("sqlite") as url:
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        for name, statement in all_statements().items():
            sql = statement.on(SQLITE).sql
            values = dict.fromkeys(re.findall(r":(\w+)", sql), "[]")
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values):
                scanned = WHOLE.match(step)
                if name in IN_KEY_ORDER or name.startswith(REPORTS):
                    continue
                if scanned and (scanned[1] or scanned[2]) in LARGE:
                    slow.append(f"{name}: {step}")
        connection.close()
    assert "\n".join(slow) == ""
