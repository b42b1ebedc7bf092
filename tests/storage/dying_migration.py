"""Migrates a database from a revision on, killed at one statement after the other.

    python -m tests.storage.dying_migration URL REVISION EVERY

Prints a line for each death ("killed", statement, revision found afterwards, tables) and at the
end, when no statement was left to die at, "done" with the same.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text

from storage.database import migrate

BASE = "base"


def die_at(statement: int) -> None:
    """From now on the process is killed before its n-th statement, the commit among them."""
    left = count(1)

    def next_one(*_: Any) -> None:
        if next(left) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", next_one)
    event.listen(Engine, "commit", next_one)


def state(url: str) -> str:
    """The revision and how many tables there are."""
    engine = create_engine(url)
    tables = set(inspect(engine).get_table_names()) - {"alembic_version"}
    with engine.connect() as connection:
        revision = (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if inspect(engine).has_table("alembic_version")
            else None
        )
    engine.dispose()
    return f"{revision or BASE} {len(tables)}"


def survives(url: str, statement: int) -> bool:
    """Whether a migration that is to die at this statement ends before it."""
    child = os.fork()
    if child == 0:
        die_at(statement)
        migrate(url)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status == 0


def main(url: str, revision: str, every: int) -> None:
    """Dies at every n-th statement until none is left."""
    if revision != BASE:
        migrate(url, revision=revision)
    for statement in count(1, every):
        survived = survives(url, statement)
        sys.stdout.write(f"{'done' if survived else 'killed'} {statement} {state(url)}\n")
        if survived:
            return


if __name__ == "__main__":
    url, revision, every = sys.argv[1:]
    main(url, revision, int(every))
