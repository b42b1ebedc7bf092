"""Says why the service is silent: from its key file to the platforms, the worst first.

It looks beside a running service and changes nothing but the schema of an older database.
"""

from __future__ import annotations

import stat
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import ClientTimeout

from bot import app, checking
from bot.findings import Finding, Severity
from bot.model import opened_model
from bot.settings import CoreSettings
from knowledge.intents import Intents
from knowledge.notice_templates import load_templates
from knowledge.phrasebook import Phrasebook
from scheduler.clock import next_fire_time
from scheduler.jobs import JOBS
from storage.database import Unavailable
from storage.figures import Figures, damage, figures
from storage.keyring import BadKey
from storage.transaction import Transaction

LITTLE_ROOM, HARDLY_ANY_ROOM = 1 << 30, 200 << 20  # bytes
SKEW = timedelta(seconds=30)
WAITS_LONG = 60.0  # seconds
JOB_IS_LATE = 600.0
PATIENCE = 5.0
WORST_FIRST = tuple(Severity)
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A finding in words: Chinese for the operator, English for who helps from afar."""

    finding: Finding
    chinese: str
    english: str

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "severity": self.finding.severity.value,
            "finding": self.finding.phrase.removeprefix("check."),
            "zh": self.chinese,
            "en": self.english,
        }


async def examine(settings: CoreSettings) -> list[Said]:
    """Everything that is wrong or soon will be, worst first; empty when nothing is."""
    found = [finding async for finding in _look(settings)]
    found.sort(key=lambda finding: WORST_FIRST.index(finding.severity))
    wording = Phrasebook.load(settings.community.overlays("phrases"))
    return [
        Said(
            finding=one,
            chinese=wording.say(one.phrase, one.values),
            english=wording.say(one.phrase, one.values, language="en"),
        )
        for one in found
    ]


async def _look(settings: CoreSettings) -> AsyncIterator[Finding]:
    Intents.load(settings.community.overlays("intents"))
    load_templates(settings.community.overlays("notices"))
    for finding in _key_file(settings):
        yield finding
    try:
        async with app.prepared(settings) as house:
            database = house.database
            at = app.wall_clock()
            for finding in await database.read(lambda tx: [*_database(tx, at)]):
                yield finding
            for finding in await database.read(lambda tx: [*checking.look(tx)]):
                yield finding
            standing = await database.read(lambda tx: figures(tx, [job.name for job in JOBS]))
            async with app.open_channels(settings, house) as channels:
                for finding in _at_work(standing, channels, database.catalogue.rules.zone):
                    yield finding
                for channel in channels.values():
                    for finding in await channel.diagnose(at):
                        yield finding
            async with opened_model(settings.model, clock=time.monotonic) as model:
                for finding in await model.diagnose() if model else ():
                    yield finding
            async for finding in address(settings, running=_is_running(standing)):
                yield finding
    except BadKey as wrong:
        yield Finding(phrase="check.key", values={"why": str(wrong)})
    except Unavailable as trouble:
        yield Finding(phrase="check.database", values={"why": str(trouble)})


def _key_file(settings: CoreSettings) -> Iterator[Finding]:
    file = settings.security.key_file
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        values = {"file": str(file)}
        yield Finding(phrase="check.key_is_open", values=values, severity=Severity.WARNING)


def _database(tx: Transaction, at: datetime) -> Iterator[Finding]:
    if broken := damage(tx):
        yield Finding(phrase="check.database_damaged", values={"why": broken})
    skew = abs(tx.database_now() - at)
    if skew > SKEW:
        values = {"seconds": round(skew.total_seconds()), "than": "database"}
        yield Finding(phrase="check.clock_skew", values=values, severity=Severity.WARNING)


def _at_work(standing: Figures, channels: Iterable[str], zone: ZoneInfo) -> Iterator[Finding]:
    free = standing.free_bytes
    if free is not None and free < LITTLE_ROOM:
        severity = Severity.BROKEN if free < HARDLY_ANY_ROOM else Severity.WARNING
        values = {"megabytes": free >> 20}
        yield Finding(phrase="check.disk", values=values, severity=severity)
    running = _is_running(standing)
    if not running:
        waits = standing.inbox_waiting or standing.outbox
        severity = Severity.BROKEN if waits else Severity.HINT
        yield Finding(phrase="check.not_running", severity=severity)
        return
    held = {hold.name for hold in standing.leases if hold.seconds > 0}
    for channel in channels:
        if f"relay:{channel}" not in held:
            yield Finding(phrase="check.nobody_delivers", values={"channel": channel})
    if standing.inbox_oldest > WAITS_LONG:
        values = {"count": standing.inbox_waiting, "minutes": _minutes(standing.inbox_oldest)}
        yield Finding(phrase="check.inbox_waits", values=values)
    for queue in standing.outbox:
        if queue.oldest > WAITS_LONG:
            told = {"channel": queue.channel, "count": queue.count}
            told["minutes"] = _minutes(queue.oldest)
            yield Finding(phrase="check.outbox_waits", values=told, severity=Severity.WARNING)
    yield from _late_jobs(standing, zone)


def _late_jobs(standing: Figures, zone: ZoneInfo) -> Iterator[Finding]:
    jobs = {job.name: job for job in JOBS}
    late = [
        run.job
        for run in standing.runs
        if (due := next_fire_time(jobs[run.job], zone, run.fire_time)) is not None
        and (standing.at - due).total_seconds() > JOB_IS_LATE
    ]
    if late or not standing.runs:
        yield Finding(phrase="check.jobs_late", values={"jobs": late})


async def address(settings: CoreSettings, *, running: bool) -> AsyncIterator[Finding]:
    """Whether residents and platforms can reach the address we tell them."""
    url = settings.server.public_url
    if not url:
        yield Finding(phrase="check.no_public_url", severity=Severity.HINT)
        return
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in HERE:
        values = {"url": url}
        yield Finding(phrase="check.public_url_open", values=values, severity=Severity.WARNING)
    if running and (why := await _trouble_at(f"{url.rstrip('/')}/healthz")):
        values = {"url": url, "why": why}
        yield Finding(phrase="check.public_url", values=values, severity=Severity.WARNING)


async def _trouble_at(url: str) -> str:
    try:
        async with (
            aiohttp.ClientSession(timeout=ClientTimeout(total=PATIENCE)) as session,
            session.get(url) as answer,
        ):
            return "" if answer.status == 200 else f"HTTP {answer.status}"
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as failure:
        return type(failure).__name__


def _is_running(standing: Figures) -> bool:
    return any(hold.seconds > 0 for hold in standing.leases)


def _minutes(seconds: float) -> int:
    return max(1, round(seconds / 60))
