"""The running service: acquires everything in order, releases it in reverse, stops by leaving the
`async with`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from bot import __version__, sample
from bot.channels.base import Channel, Surroundings
from bot.fast_forward import FastForward
from bot.fetching import Fetcher
from bot.handling import Handling, Patience
from bot.inheriting import inherit
from bot.intake import WORKERS, WORKERS_WITH_A_MODEL, Intake
from bot.model import opened_model
from bot.relay import Relay
from bot.sample_clock import clock_routes
from bot.service import Service, at_work
from bot.settings import CoreSettings, channel_modules
from bot.training import Trainer
from bot.understanding import Understanding
from bot.vitals import UNHEARD, Heart, end_in, limit_memory, tell_of
from domain.rules import Limits
from knowledge.intents import Intents
from knowledge.notice_templates import load_templates
from knowledge.phrasebook import Phrasebook
from scheduler.clock import Clock, next_fire_time
from scheduler.jobs import JOBS
from storage.database import Database, Unavailable, migrate
from storage.keyring import BadKey, Keyring
from web.activities import activity_routes
from web.health import Readiness, Watching, health_routes

logger = structlog.get_logger()

DRAIN = 24.5  # a stopping process has 25 seconds: then whatever still hangs is ended
WAIT, LONGEST_WAIT = 0.5, 10.0  # seconds between attempts to open a database that is away


def wall_clock() -> datetime:
    """The moment by the system's clock; everything else is given its time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A migrated database, the keys that unseal it and the words it speaks."""

    database: Database
    keyring: Keyring
    wording: Phrasebook


@asynccontextmanager
async def opened(settings: CoreSettings) -> AsyncIterator[Opened]:
    """The database with the newest schema, the key that unseals it and the community's words."""
    had_key = settings.security.key_file.exists()
    keyring = Keyring.from_file(settings.security.key_file, create=True)
    zone = ZoneInfo(settings.community.time_zone)
    wording = Phrasebook.load(settings.community.overlays("phrases"), zone=zone)
    _make_folder(settings.database.url)
    await asyncio.to_thread(migrate, settings.database.url)
    database = Database.open(
        settings.database.url,
        keyring=keyring,
        wording=wording,
        now=wall_clock,
        zone=zone,
        limits=Limits(
            wakes_staff=settings.sample,
            paces=settings.limits.paces,
            retention=settings.kept_for,
            activities=settings.activity_rules,
            broadcasts=settings.notices.rules,
        ),
    )
    try:
        await _check_key(database, settings.security.key_file, made=not had_key)
        yield Opened(database=database, keyring=keyring, wording=wording)
    finally:
        await database.close()


async def _check_key(database: Database, file: Path, *, made: bool) -> None:
    """Refuses a key that does not open this database."""
    try:
        await database.read(lambda tx: tx.vault.check_master_key())
    except BadKey:
        raise _wrong_key(file, made=made) from None


def _wrong_key(file: Path, *, made: bool) -> BadKey:
    """What is wrong with the key; one made just now goes again."""
    if made:
        file.unlink()
    what = "is missing" if made else "is another one"
    return BadKey(f"{file}: the key that this database was sealed under {what}")


def _make_folder(url: str) -> None:
    """The folder of a SQLite file, so that the first start needs nothing prepared."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)


@asynccontextmanager
async def prepared(settings: CoreSettings) -> AsyncIterator[Opened]:
    """The same, with the sample community in it when the settings ask for it."""
    async with opened(settings) as house:
        if settings.sample:
            await sample.load(house.database)
        yield house


@asynccontextmanager
async def assembled(
    settings: CoreSettings,
    *,
    channels: Mapping[str, Channel] | None = None,
    life: str = "",
) -> AsyncIterator[Service]:
    """The whole service, not yet running; with `channels` these and no others.

    What former lives of the same name held ("4f1c.3": those of "4f1c") is free at once.
    """
    async with (
        prepared(settings) as house,
        opened_model(settings.model, clock=time.monotonic) as model,
    ):
        database = house.database
        intents = Intents.load(settings.community.overlays("intents"))
        templates = load_templates(settings.community.overlays("notices"))
        understanding = Understanding(database.catalogue, intents, model=model)
        await understanding.follow(database)
        if channels is None:
            channels = _open_channels(settings, house)
        owner = life or f"{os.getpid()}-{secrets.token_hex(4)}"
        if life:
            await database.run(lambda tx: inherit(tx, life))
        relay = Relay(database, channels, owner=owner, clock=time.monotonic)
        intake = Intake(
            database,
            Handling(
                database,
                understanding,
                understanding.places,
                owner=owner,
                patience=Patience(
                    quiet=settings.intake.quiet,
                    cap=settings.intake.cap,
                    album=settings.intake.album,
                ),
                templates=templates,
            ),
            after_commit=relay.wake,
            workers=settings.intake.workers or (WORKERS_WITH_A_MODEL if model else WORKERS),
            handles="intake" in settings.roles,
        )
        try:
            yield Service(
                settings=settings,
                owner=owner,
                database=database,
                wording=house.wording,
                understanding=understanding,
                channels=channels,
                intake=intake,
                relay=relay,
                clock=Clock(database, owner=owner, after_commit=relay.wake),
                fetcher=Fetcher(database, channels, owner=owner),
                trainer=Trainer(database, owner=owner),
            )
        finally:
            for channel in channels.values():
                await channel.close()


@asynccontextmanager
async def open_channels(
    settings: CoreSettings, house: Opened
) -> AsyncIterator[Mapping[str, Channel]]:
    """The channels that are on, to look at and not to run."""
    channels = _open_channels(settings, house)
    try:
        yield channels
    finally:
        for channel in channels.values():
            await channel.close()


def _open_channels(settings: CoreSettings, house: Opened) -> Mapping[str, Channel]:
    async def photo(attachment: int) -> tuple[str, bytes] | None:
        return await house.database.read(lambda tx: tx.attachments.content(attachment))

    surroundings = Surroundings(
        database=house.database,
        key=house.keyring.derived,
        now=wall_clock,
        photos=photo,
        wording=house.wording,
        public_url=settings.server.public_url,
        personas=sample.personas() if settings.sample else (),
    )
    opened = {}
    for name, module in channel_modules().items():
        channel: Channel | None = module.open_channel(settings.channel(name), surroundings)
        if channel is not None:
            opened[name] = channel
    return opened


async def run(settings: CoreSettings, *, heart: Heart = UNHEARD) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what it has begun."""
    limit_memory(settings.process.memory)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as house:
        service = await _assembled_in_time(house, settings, stop, life=heart.life)
        if service is None:
            return
        tell_of(service.database)
        # What is loaded stays for good: looking through it again would stop everything for a
        # tenth of a second each time.
        gc.collect()
        gc.freeze()
        readiness = Readiness()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(_served(service, readiness))
            await stack.enter_async_context(at_work(service, heart))
            readiness.ready = True
            logger.info("service started", channels=sorted(service.channels))
            await stop.wait()
            readiness.ready = False
            end_in(DRAIN)
            logger.info("service stopping")
    logger.info("service stopped")


async def _assembled_in_time(
    house: AsyncExitStack, settings: CoreSettings, stop: asyncio.Event, *, life: str
) -> Service | None:
    """The service, once its database is there and has room; None when asked to stop before."""
    wait = 0.0
    while True:
        try:
            return await house.enter_async_context(assembled(settings, life=life))
        except Unavailable as trouble:
            if not wait:
                logger.error("database unavailable", why=str(trouble))
            wait = min(max(WAIT, wait * 2), LONGEST_WAIT)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await stop.wait()
                return None


@asynccontextmanager
async def _served(service: Service, readiness: Readiness) -> AsyncIterator[None]:
    """The HTTP server: every channel's routes with the role web, else how it is alone."""
    server = service.settings.server
    serves = "web" in service.settings.roles
    if not serves and not server.health_port:
        yield
        return
    application = web.Application(client_max_size=1 << 20)
    application.add_routes(health_routes(service.database, readiness, _watching(service)))
    if serves:
        application.add_routes(_sample_clock(service))
        application.add_routes(activity_routes(service.database, service.wording))
    for channel in service.channels.values() if serves else ():
        application.add_routes(channel.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    port = server.port if serves else server.health_port
    await web.TCPSite(runner, server.host, port).start()
    logger.info("listening", host=server.host, port=port)
    try:
        yield
    finally:
        await runner.cleanup()


def _sample_clock(service: Service) -> Iterable[web.AbstractRouteDef]:
    settings, database = service.settings, service.database
    return clock_routes(
        FastForward(database, service.clock, is_sample=settings.sample),
        service.wording,
        public_url=settings.server.public_url,
    )


def _watching(service: Service) -> Watching:
    zone = service.database.catalogue.rules.zone
    return Watching(
        version=__version__,
        owner=service.owner,
        jobs={job.name: partial(next_fire_time, job, zone) for job in JOBS},
        readers=service.settings.server.readers,
    )
