"""Several processes over one PostgreSQL are one service, however their roles are split."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from bot import app, holding, relay
from bot.app import assembled
from bot.channels.base import Door
from bot.service import Service, at_work
from bot.settings import ROLES, CoreSettings, DatabaseSettings, SecuritySettings
from domain.messages import Inbound, Outbound, Sent
from storage import database
from storage.schema import OutboxState
from storage.transaction import Transaction
from tests.databases import NewDatabase
from tests.flow.means import LIGHT, report, run_out, states
from tests.rig.telegram_bench import until
from tests.town import MemoryChannel


@pytest.fixture
def shared_url(new_database_url: NewDatabase) -> Iterator[str]:
    with new_database_url("postgresql") as url:
        yield url


@pytest.fixture
def only_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks by themselves as long as they are told: what comes, comes by the bell."""
    monkeypatch.setattr(database, "WHEN_TOLD", 10_000.0)
    monkeypatch.setattr(relay, "POLL", 10_000.0)
    monkeypatch.setattr(relay, "LEASE", 30_000.0)


class Machine(MemoryChannel):
    """A channel that says when something was sent."""

    def __init__(self, *, polls: bool = False) -> None:
        super().__init__("web")
        self.polls = polls
        self.listening = False
        self.changed = asyncio.Condition()

    async def send(self, outbound: Outbound) -> Sent:
        sent = await super().send(outbound)
        await self._tell()
        return sent

    async def run(self, door: Door) -> None:
        self.listening = True
        await self._tell()
        try:
            await asyncio.Event().wait()
        finally:
            self.listening = False

    async def until(self, holds: Callable[[], bool]) -> None:
        async with self.changed:
            await self.changed.wait_for(holds)

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


@asynccontextmanager
async def machine(
    url: str, folder: Path, channel: MemoryChannel, roles: Iterable[str] = ROLES
) -> AsyncIterator[Service]:
    """One process of the service; leaving is what SIGTERM does."""
    settings = CoreSettings(
        database=DatabaseSettings(url=url),
        security=SecuritySettings(key_file=folder / "key"),
        sample=True,
        roles=frozenset(roles),
    )
    async with assembled(settings, channels={channel.name: channel}) as service, at_work(service):
        yield service


def heard(account: str, text: str) -> Inbound:
    return Inbound(channel="web", key=account, chat=account, account=account, text=text)


SPLITS = (
    ("web", "intake", "relay", "clock", "poll"),
    ("web", "web", "intake,relay,clock"),
    ("web,intake", "relay,clock,poll"),
    ("web,relay", "intake,clock"),
    ("web,poll,intake,relay,clock",) * 3,
)


@pytest.mark.parametrize("split", SPLITS, ids=" ".join)
@pytest.mark.usefixtures("only_rings")
async def test_a_message_is_answered_at_once_whoever_does_what(
    shared_url: str, tmp_path: Path, split: tuple[str, ...]
) -> None:
    channel = Machine()
    async with AsyncExitStack() as stack:
        machines = [
            await stack.enter_async_context(
                machine(shared_url, tmp_path, channel, roles.split(","))
            )
            for roles in split
        ]
        for number, door in enumerate(machines):
            if "web" in door.settings.roles:
                await door.intake.accept(heard(f"resident {number}", report(number)))
                await channel.until(
                    lambda number=number: (
                        f"resident {number}"  # type: ignore[misc]
                        in {one.address.chat for one in channel.sent}
                    )
                )


@pytest.mark.usefixtures("only_rings")
async def test_a_table_imported_by_one_process_is_known_to_all(
    shared_url: str, tmp_path: Path
) -> None:
    async with (
        machine(shared_url, tmp_path, Machine(), ["web"]) as one,
        machine(shared_url, tmp_path, Machine(), ["clock"]) as other,
    ):
        phone = {"key": "water", "name": "自来水公司", "number": "96116", "unit": None}
        await other.database.run(lambda tx: tx.tables.replace("phones", [phone]))
        await until(lambda: [known.number for known in one.database.catalogue.phones] == ["96116"])


@pytest.mark.usefixtures("only_rings")
async def test_one_process_polls_and_the_next_takes_over_when_it_stops(
    shared_url: str, tmp_path: Path
) -> None:
    first, second = Machine(polls=True), Machine(polls=True)
    async with AsyncExitStack() as until_stopped:
        await until_stopped.enter_async_context(machine(shared_url, tmp_path, first))
        await first.until(lambda: first.listening)
        async with machine(shared_url, tmp_path, second) as other:
            await other.database.run(lambda tx: tx.database_now())
            assert not second.listening
            await until_stopped.aclose()
            await second.until(lambda: second.listening)
            assert not first.listening


async def test_whoever_slept_through_the_lease_of_polling_polls_no_more(
    shared_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "RENEW", 0.05)
    first, second = Machine(polls=True), Machine(polls=True)
    async with machine(shared_url, tmp_path, first, ["poll"]) as slept:
        await first.until(lambda: first.listening)
        await run_out(slept.database)

        def take_over(tx: Transaction) -> str | None:
            return tx.leases.take("poll:web", "awake", 60)

        while await slept.database.run(take_over) is None:  # it may have been quicker
            await run_out(slept.database)
        await until(lambda: not first.listening)
        assert not second.listening


class Hanging(Machine):
    """A channel on which nothing sent to one chat ever comes to an end."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs = asyncio.Event()

    async def send(self, outbound: Outbound) -> Sent:
        if outbound.address.chat == "stuck":
            self.hangs.set()
            await asyncio.Event().wait()
        return await super().send(outbound)


async def test_a_send_that_hangs_holds_up_neither_the_stop_nor_the_next_process(
    shared_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.service.FINISH", 0.2)
    monkeypatch.setattr("bot.line.LAST_CALLS", 0.2)
    hanging, free = Hanging(), Machine()
    async with machine(shared_url, tmp_path, free, ["web"]) as other:
        async with machine(shared_url, tmp_path, hanging) as stopping:
            await stopping.intake.accept(heard("stuck", LIGHT))
            await hanging.hangs.wait()
            await stopping.intake.accept(heard("resident", report(2)))
            await hanging.until(lambda: bool(hanging.sent))
        held = await other.database.read(lambda tx: tx.leases.holds("relay:web", "1"))
        assert not held
        assert OutboxState.SENDING not in await states(other.database)
        async with machine(shared_url, tmp_path, free, ["relay"]):
            await free.until(lambda: "stuck" in {one.address.chat for one in free.sent})


async def test_a_process_stops_in_time_when_the_database_is_away(
    shared_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.service.FINISH", 0.2)
    name = shared_url.split("/")[3].split("?")[0]
    channel = Machine()
    async with machine(shared_url, tmp_path, channel) as service:
        await service.intake.accept(heard("resident", LIGHT))
        await channel.until(lambda: bool(channel.sent))
        admin_url = shared_url.replace(f"/{name}", "/postgres")
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (name,),
            )
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < app.DRAIN


async def test_a_rolling_restart_is_noticed_by_nobody(shared_url: str, tmp_path: Path) -> None:
    """Three processes, each restarted in turn while people write to whoever is there."""
    channels = [Machine() for _ in range(3)]
    lives: list[AsyncExitStack] = []
    running: list[Service] = []
    count = 36

    async def start(place: int) -> None:
        life = AsyncExitStack()
        service = await life.enter_async_context(machine(shared_url, tmp_path, channels[place]))
        lives.insert(place, life)
        running.insert(place, service)

    for place in range(3):
        await start(place)
    try:
        for number in range(count):
            await running[number % 3].intake.accept(heard(f"resident {number}", report(number)))
            if number % 6 == 5:
                place = number // 6 % 3
                await lives.pop(place).aclose()
                running.pop(place)
                await start(place)
        waiting = {f"resident {number}" for number in range(count)}
        await until(
            lambda: waiting <= {one.address.chat for channel in channels for one in channel.sent}
        )
        orders = await running[0].database.read(lambda tx: tx.orders.newest(limit=100))
        assert len(orders) == count
        sent = [one.id for channel in channels for one in channel.sent]
        assert len(sent) == len(set(sent))
    finally:
        for life in reversed(lives):
            await life.aclose()
