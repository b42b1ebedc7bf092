"""`POST /sample/clock` at real processes: two over one database share the time that passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tests.edge.test_run import Home, free_port, page_of, running


async def test_two_processes_share_the_moved_clock(
    empty_database_url: str, tmp_path: Path
) -> None:
    home = Home(url=empty_database_url, folder=tmp_path, port=free_port())
    other = replace(home, port=free_port())
    with running(home):
        async with page_of(home) as page:
            async with page.get("/sample/clock") as answer:
                before = datetime.fromisoformat((await answer.json())["now"])
            async with page.post("/sample/clock", json={"advance": "26h"}) as answer:
                assert answer.status == 200
                told = await answer.json()
            assert datetime.fromisoformat(told["now"]) - before >= timedelta(hours=26)
            assert told["ahead"] == 26 * 3600
            with running(other):
                async with page_of(other) as elsewhere, elsewhere.get("/sample/clock") as answer:
                    assert (await answer.json())["ahead"] == 26 * 3600
