"""The server that may be killed keeps what it committed."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psycopg
import pytest

from tests.rig.postgres_server import PostgresServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path_factory.mktemp("server"))
    server.create()
    yield server
    server.stop()


def test_a_killed_server_comes_back_with_every_commit(server: PostgresServer) -> None:
    url = server.new_database("kept")
    with psycopg.connect(url, autocommit=True) as before:
        before.execute("CREATE TABLE said (number int)")
        for number in range(50):
            before.execute("INSERT INTO said VALUES (%s)", (number,))
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)

    server.start()

    with psycopg.connect(url) as after:
        assert after.execute("SELECT count(*) FROM said").fetchone() == (50,)


def test_terminated_connections_are_heard_of_by_their_owners(server: PostgresServer) -> None:
    url = server.new_database("ended")
    with psycopg.connect(url) as mine:
        mine.execute("SELECT 1")
        assert server.terminate_some("ended", random.Random(1), chance=1.0) == 1
        with pytest.raises(psycopg.OperationalError):
            mine.execute("SELECT 1")
