"""The migrations make exactly the tables the code speaks of."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from storage.database import Unavailable, UnknownDatabase, migrate
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
    with new_database_url(kind, migrated=False) as url:
        migrate(url)
        migrate(url)
        engine = create_engine(url)
        assert set(metadata.tables) <= set(inspect(engine).get_table_names())
        engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_migration_that_fails_half_way_leaves_nothing(
    kind: str, new_database_url: NewDatabase
) -> None:
    with new_database_url(kind, migrated=False) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE transcripts (somebody TEXT)"))
        with pytest.raises((DBAPIError, Unavailable)):
            migrate(url)
        assert inspect(engine).get_table_names() == ["transcripts"]
        engine.dispose()


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite://", "sqlite:///:memory:"])
def test_only_files_and_postgresql_are_databases(url: str) -> None:
    with pytest.raises(UnknownDatabase):
        migrate(url)
