"""A district's database, filled by plain SQL from rows that the service wrote itself.

Of every hundred orders three still run; all are spread over 250 communities and three years.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

COMMUNITIES = 250
ORDERS_PER_PERSON = 4
SPREAD = 3 * 365 * 86_400 * 1_000_000  # microseconds over which the orders are spread


def fill(database: Path, orders: int) -> None:
    """Copies the orders there are until there are so many, and a person for every fourth."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -400000")
    connection.execute("BEGIN")
    have, first = _count_and_next(connection, "orders")
    people, person = _count_and_next(connection, "people")
    new = max(orders // ORDERS_PER_PERSON - people, 0)
    _copy(connection, "people", new, {"code": "NULL"})
    named = {
        "person": f"{person - 1} + n",
        "account_digest": f"'c' || ({person} + n)",
        "chat_digest": f"'p' || ({person} + n)",
    }
    _copy(connection, "contacts", new, named)
    people, person = _count_and_next(connection, "people")
    community = _communities(connection)
    changes = {
        "community": f"{community} + n % {COMMUNITIES}",
        "grid": "NULL",
        "owner_unit": f"iif(t.owner_unit IS NULL, NULL, {community} + n % {COMMUNITIES})",
        "number": f"'f' || ({first} + n)",
        "status": "CASE WHEN n % 100 < 97 THEN 'closed' ELSE t.status END",
        "created_at": f"t.created_at - (n * 7919 % 1000003) * {SPREAD // 1_000_003}",
        "building": "CAST(n % 2400 + 25 AS TEXT)",
        "resolved_at": "NULL",
        "reporter": f"{person} - 1 - n % {people}",
    }
    _copy(connection, "orders", max(orders - have, 0), changes)
    _copy_events(connection, first)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _communities(connection: sqlite3.Connection) -> int:
    """The first of the other communities of the district, among which the orders are spread."""
    known = connection.execute("SELECT min(id) FROM units WHERE code LIKE 'F%'").fetchone()[0]
    if known is None:
        _, known = _count_and_next(connection, "units")
        (street,) = connection.execute("SELECT id FROM units WHERE kind = 'street'").fetchone()
        connection.executemany(
            "INSERT INTO units (code, kind, name, parent) VALUES (?, 'community', ?, ?)",
            [(f"F{number}", f"F{number}", street) for number in range(COMMUNITIES)],
        )
    return int(known)


def _count_and_next(connection: sqlite3.Connection, table: str) -> tuple[int, int]:
    row = connection.execute(f"SELECT count(*), max(id) + 1 FROM {table}").fetchone()
    return int(row[0]), int(row[1])


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _copy(connection: sqlite3.Connection, table: str, count: int, changes: dict[str, str]) -> None:
    names = [name for name in _columns(connection, table) if name != "id"]
    values = [changes.get(name, f't."{name}"') for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    connection.execute(
        f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {count}),"
        f" template AS (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM {table}"
        f" ORDER BY id DESC LIMIT 50), span(low, size) AS"
        f" (SELECT min(place), count(*) FROM template)"
        f" INSERT INTO {table} ({columns}) SELECT {', '.join(values)}"
        f" FROM many, span JOIN template t ON t.place = low + n % size WHERE {count} > 0"
    )


def _copy_events(connection: sqlite3.Connection, first: int) -> None:
    """Every copied order has a history too."""
    names = [name for name in _columns(connection, "order_events") if name != "order_id"]
    columns = ", ".join(f'"{name}"' for name in names)
    connection.execute(
        f"INSERT INTO order_events (order_id, {columns})"
        f" SELECT o.id, {', '.join(f't.{name!r}'.replace(chr(39), chr(34)) for name in names)}"
        f" FROM orders o JOIN (SELECT * FROM order_events WHERE order_id ="
        f" (SELECT min(order_id) FROM order_events)) t WHERE o.id >= {first}"
    )
    connection.execute(
        f"UPDATE orders SET event_count ="
        f" (SELECT count(*) FROM order_events WHERE order_id = orders.id) WHERE id >= {first}"
    )
