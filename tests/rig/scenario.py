"""What a scenario of the rig is written against.

    async def play(rig: Rig, *, messages: int, kills: int) -> Verdict:
        telegram = await rig.telegram()
        service = await rig.service(telegram, mode="webhook")
        await service.start()
        load = Load(telegram, Reports(), rate=100)
        await load.run(messages)
        await load.answered()
        return verdict(await check(load, telegram, service), ...)

    SCENARIOS = (Scenario(name="…", promise="…", play=play, short={…}, long={…}),)

Every module of tests/rig/scenarios is looked through for SCENARIOS; a new one joins the command
line and `make test` by itself. Each process is one of its own, and the verdict rests on what the
fakes wrote down and on public commands of the service alone.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import tests.rig.scenarios
from tests.rig.postgres_server import PostgresServer
from tests.rig.service import Bot, Service
from tests.rig.telegram import Telegram

Show = Callable[[str, int, int], None]  # what is being done, how much, of how much


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a scenario measured, and why it failed if it did."""

    figures: Mapping[str, Any]
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.failures


def verdict(figures: Mapping[str, Any], **claims: bool) -> Verdict:
    """The verdict on the figures: every claim that is not true is a failure of that name."""
    broken = tuple(name.replace("_", " ") for name, true in claims.items() if not true)
    return Verdict(figures=figures, failures=broken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named promise, how it is put to the test, and the sizes of a short and of a long run."""

    name: str
    promise: str
    play: Callable[..., Awaitable[Verdict]]
    short: Mapping[str, Any] = field(default_factory=dict)
    long: Mapping[str, Any] = field(default_factory=dict)
    minutes: float = 1.0  # the long run takes about so long on two cores


class Rig:
    """One run of one scenario: its folder, its dice, and the processes it began.

    Whatever was begun through it ends with it.
    """

    def __init__(
        self, folder: Path, seed: int, *, bot: Bot, show: Show, until_the_end: AsyncExitStack
    ) -> None:
        self.folder = folder
        self.dice = random.Random(seed)
        self.bot = bot
        self.show = show
        self._until_the_end = until_the_end
        self._count = 0

    async def telegram(self, **options: Any) -> Telegram:
        """A fake Telegram of this run's own; see Telegram.started for the options."""
        history = self.folder / f"telegram-{self._number()}.jsonl"
        return await self._until_the_end.enter_async_context(Telegram.started(history, **options))

    async def service(
        self,
        telegram: Telegram,
        *,
        mode: str,
        processes: int = 1,
        database: str = "sqlite",
        settings: Mapping[str, str] | None = None,
        bot: Bot | None = None,
    ) -> Service:
        """The bot under test, not yet started; `database` is "sqlite", "postgres" or a URL.

        `settings` are XIAOQI_ variables without that prefix.
        """
        folder = self.folder / f"service-{self._number()}"
        folder.mkdir()
        return await self._until_the_end.enter_async_context(
            Service.opened(
                bot or self.bot,
                telegram=telegram,
                mode=mode,
                processes=processes,
                database=self.database(database),
                folder=folder,
                settings=settings or {},
            )
        )

    def database(self, kind: str) -> str:
        """The URL of an empty database of this run's own."""
        if kind == "sqlite":
            return f"sqlite:///{self.folder / f'xiaoqi-{self._number()}.db'}"
        if kind == "postgres":
            return self.postgres.new_database(f"rig{self._number()}")
        return kind

    @cached_property
    def postgres(self) -> PostgresServer:
        """A PostgreSQL server of this run's own, started when first asked for."""
        server = PostgresServer(self.folder)
        server.create()
        self._until_the_end.callback(server.stop)
        return server

    async def enter(self, thing: Any) -> Any:
        """Enters an async context that ends with the run."""
        return await self._until_the_end.enter_async_context(thing)

    def _number(self) -> int:
        self._count += 1
        return self._count


def _quiet(what: str, done: int, total: int) -> None:
    """Shows nothing."""


@asynccontextmanager
async def opened(
    *, seed: int = 1, bot: Bot | None = None, show: Show = _quiet, keep: Path | None = None
) -> AsyncIterator[Rig]:
    """A rig in a temporary folder, or in a new one below `keep`, which stays."""
    with _folder(keep) as folder:
        async with AsyncExitStack() as until_the_end:
            yield Rig(folder, seed, bot=bot or Bot(), show=show, until_the_end=until_the_end)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield Path(tempfile.mkdtemp(prefix="run-", dir=keep))
        return
    with tempfile.TemporaryDirectory(prefix="xiaoqi-rig-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


async def play(
    scenario: Scenario,
    *,
    scale: str,
    seed: int = 1,
    bot: Bot | None = None,
    show: Show = _quiet,
    sizes: Mapping[str, Any] | None = None,
    keep: Path | None = None,
) -> Verdict:
    """Runs one scenario at one scale ("short" or "long"); `sizes` goes before the scale's.

    Below `keep` the databases, logs and histories of the run stay behind.
    """
    chosen = {**(scenario.long if scale == "long" else scenario.short), **(sizes or {})}
    async with opened(seed=seed, bot=bot, show=show, keep=keep) as rig:
        return await scenario.play(rig, **chosen)


def discovered() -> dict[str, Scenario]:
    """Every scenario there is, by its name."""
    found: dict[str, Scenario] = {}
    for module in pkgutil.iter_modules(tests.rig.scenarios.__path__):
        there = importlib.import_module(f"tests.rig.scenarios.{module.name}")
        for scenario in there.SCENARIOS:
            if scenario.name in found:
                raise ValueError(f"two scenarios are called {scenario.name}")
            found[scenario.name] = scenario
    return dict(sorted(found.items()))
