"""The migrations make exactly the tables the code speaks of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from storage.database import NewerSchema, Unavailable, UnknownDatabase, migrate
from storage.schema import metadata
from tests.databases import NewDatabase


def test_model_and_migrations_agree(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_database_checks_what_the_model_says_it_checks(database_url: str) -> None:
    engine = create_engine(database_url)
    found = {
        table: {check["name"] for check in inspect(engine).get_check_constraints(table)}
        for table in metadata.tables
    }
    engine.dispose()
    wanted = {
        name: {
            str(check.name) for check in table.constraints if isinstance(check, CheckConstraint)
        }
        for name, table in metadata.tables.items()
    }
    assert found == wanted


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_empty_database_is_migrated_and_then_left_alone(
    kind: str, new_database_url: NewDatabase
) -> None:
    with new_database_url(kind, holding=None) as url:
        migrate(url)
        migrate(url)
        engine = create_engine(url)
        assert set(metadata.tables) <= set(inspect(engine).get_table_names())
        engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_migration_that_fails_half_way_leaves_nothing(
    kind: str, new_database_url: NewDatabase
) -> None:
    with new_database_url(kind, holding=None) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE transcripts (somebody TEXT)"))
        with pytest.raises((DBAPIError, Unavailable)):
            migrate(url)
        assert inspect(engine).get_table_names() == ["transcripts"]
        engine.dispose()


@pytest.mark.parametrize("revision", ["base", "0001"])
@pytest.mark.parametrize(("kind", "every"), [("sqlite", 3), ("postgresql", 5)])
def test_killed_at_any_statement_it_is_the_old_schema_or_the_new(
    kind: str, every: int, revision: str, new_database_url: NewDatabase
) -> None:
    with new_database_url(kind, holding=None) as url:
        driver = url.replace("postgresql:", "postgresql+psycopg:")
        lines = subprocess.run(
            [sys.executable, "-m", "tests.storage.dying_migration", driver, revision, str(every)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.splitlines()
        *killed, done = [line.split() for line in lines]
        assert len(killed) > 2
        before = {(found, tables) for _, _, found, tables in killed}
        assert len(before) == 1  # as it was, after every death
        assert before.pop()[0] == revision
        assert (done[0], int(done[3])) == ("done", len(metadata.tables))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_of_a_newer_version_is_refused(
    kind: str, new_database_url: NewDatabase
) -> None:
    with new_database_url(kind) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        engine.dispose()
        with pytest.raises(NewerSchema, match="newer schema"):
            migrate(url)


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite://", "sqlite:///:memory:"])
def test_only_files_and_postgresql_are_databases(url: str) -> None:
    with pytest.raises(UnknownDatabase):
        migrate(url)
