"""What people say is found neither in the database as it lies on the disk nor in any log line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
import structlog
from sqlalchemy import create_engine, inspect, text

from bot import logs
from domain.messages import Outbound
from handlers import router
from handlers.turn import Turn
from storage.schema import phones
from storage.statements import Statement, adding
from tests.flow.busy import CANARIES, PEOPLE, busy_day, leaks, leaks_of
from tests.town import Town

TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
ADDRESS = f"https://api.telegram.org/bot{TOKEN}/sendMessage"
_PHONE = Statement(adding(phones, "key", "name", "number", "unit"))


async def test_the_database_on_the_disk_tells_nothing(town: Town, town_url: str) -> None:
    await busy_day(town)

    assert len(await town.orders()) >= min(PEOPLE, 100)  # it shows a hundred
    assert _leaks_on_the_disk(town_url) == {}


def _leaks_on_the_disk(url: str) -> dict[str, list[str]]:
    if url.startswith("sqlite"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        return {name: found for name, data in files.items() if (found := leaks_of(data))}
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        rows = {
            table: "\n".join(connection.scalars(text(f'SELECT t::text FROM "{table}" t')))
            for table in inspect(engine).get_table_names()
        }
    engine.dispose()
    return {table: found for table, dump in rows.items() if (found := leaks(dump))}


class Loose:
    """A handler that fails with everything it knows in its words, every time in another way."""

    def __init__(self) -> None:
        self.failures = 0

    def __call__(self, turn: Turn) -> NoReturn:
        self.failures += 1
        said = f"{turn.person.name} {turn.heard.text} {ADDRESS} {turn.conversation.key}"
        match self.failures % 4:
            case 0:
                raise KeyError(said)
            case 1:
                raise ExceptionGroup(said, [ValueError(said), OSError(5, said, said)])
            case 2:
                for _ in range(2):  # the database tells the whole row in its words
                    row = {"key": said, "name": said, "number": said, "unit": turn.tx.org.root.id}
                    turn.tx.session.run(_PHONE, **row)
        try:
            int(said)
        except ValueError as cause:
            raise RuntimeError(said) from cause


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, in full."""
    out = io.StringIO()
    logs.begin("debug", secrets={"s3cret"}, out=out)
    yield out
    structlog.reset_defaults()
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, logs.FromLibraries)]:
        root.removeHandler(handler)


async def test_no_line_of_the_log_tells_anything(
    hardy: Town, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose = Loose()
    known = router.routes()
    routes = replace(known, handlers={**known.handlers, "urge": loose, "progress": loose})
    monkeypatch.setattr(router, "routes", lambda: routes)
    web = hardy.channels["web"]
    sends = web.send

    async def stumbling(outbound: Outbound) -> object:
        if outbound.id % 5 == 0:
            raise ConnectionError(f"{ADDRESS} {outbound.text} {outbound.address.chat}")
        return await sends(outbound)

    monkeypatch.setattr(web, "send", stumbling)

    await busy_day(hardy)

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert loose.failures > PEOPLE
    assert len([line for line in lines if line["event"] == "send failed"]) > PEOPLE
    assert leaks(log.getvalue()) == []
    assert "AAHdq" not in log.getvalue()


async def test_one_message_is_followed_by_its_key(town: Town, log: io.StringIO) -> None:
    await town.says("王阿姨", "3栋2单元楼道灯不亮了")

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (key,) = {line["message"] for line in lines if line["event"] == "message accepted"}
    followed = [line["event"] for line in lines if line.get("message") == key]
    assert followed[:2] == ["message accepted", "message handled"]
    assert followed.count("message tried") >= 2  # the resident, the leader


def test_a_canary_is_found_however_it_is_written() -> None:
    name = CANARIES[3].name
    for form in (name, json.dumps({"name": name}), f"\\x00{name.encode().hex()}"):
        assert leaks(form) == [name]
    assert leaks_of(b"\x00\x01" + name.encode() + b"\x02") == [name]
