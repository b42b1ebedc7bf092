"""What a machine can ask the service about itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from domain.changes import AuditEntry
from domain.messages import TryLater
from storage.transaction import Transaction
from tests.flow.means import LIGHT
from tests.town import Town
from web.health import Readiness, Watching, health_routes

PLAIN = Watching()
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def client(
    town: Town, readiness: Readiness, watching: Watching = PLAIN
) -> TestClient[web.Request, web.Application]:
    application = web.Application()
    application.add_routes(health_routes(town.database, readiness, watching))
    return TestClient(TestServer(application))


async def read(town: Town, watching: Watching = PLAIN) -> Samples:
    """`/metrics` as Prometheus reads it."""
    async with await client(town, Readiness(), watching) as machine:
        text = await (await machine.get("/metrics")).text()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labelled(name: str, /, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"xiaoqi_{name}", frozenset(labels.items())


async def test_it_is_ready_only_once_everything_is_loaded(hardy: Town) -> None:
    readiness = Readiness()
    async with await client(hardy, readiness) as machine:
        assert (await machine.get("/healthz")).status == 200
        assert (await machine.get("/readyz")).status == 503
        readiness.ready = True
        assert (await machine.get("/readyz")).status == 200


async def test_it_counts_what_it_heard_and_delivered(hardy: Town) -> None:
    before = await read(hardy)
    inbound = hardy.inbound("王阿姨", LIGHT)
    await hardy.hears(inbound, inbound)
    after = await read(hardy)

    def grown(name: str, **labels: str) -> float:
        return after[labelled(name, **labels)] - before.get(labelled(name, **labels), 0)

    assert grown("heard_total", channel="web", outcome="accepted") == 1
    assert grown("heard_total", channel="web", outcome="repeated") == 1
    assert grown("delivered_total", channel="web", lane="dialogue", outcome="sent") >= 1
    assert after[labelled("last_heard_timestamp_seconds", channel="web")] > 0


async def test_it_tells_what_waits_and_for_how_long(hardy: Town) -> None:
    await hardy.intake.accept(hardy.inbound("王阿姨", LIGHT))
    hardy.hands[0] += timedelta(seconds=90)

    waiting = await read(hardy)

    assert waiting[labelled("inbox_waiting")] == 1
    assert waiting[labelled("inbox_oldest_seconds")] == 90
    hardy.channels["web"].failures.append(TryLater("flood", after=60, scope="channel"))
    await hardy.settle()
    hardy.hands[0] += timedelta(seconds=30)
    handled = await read(hardy)
    assert handled[labelled("inbox_waiting")] == 0
    assert handled[labelled("outbox", channel="web", lane="dialogue", state="queued")] >= 1
    assert handled[labelled("outbox_oldest_seconds", channel="web", lane="dialogue")] == 30
    assert handled[labelled("database_up")] == 1
    assert handled[labelled("database_bytes")] > 100_000
    for nothing in ("dead_letters", "unknown_sends", "untold_orders", "attachments_waiting"):
        assert handled[labelled(nothing)] == 0


async def test_it_tells_who_holds_which_lease(hardy: Town) -> None:
    def take(tx: Transaction) -> None:
        tx.leases.take("ours", "me", 60)
        tx.leases.take("another's", "somebody", 60)

    await hardy.database.run(take)
    found = await read(hardy, Watching(owner="me"))

    assert found[labelled("lease_held", name="ours")] == 1
    assert found[labelled("lease_held", name="another's")] == 0
    assert 50 < found[labelled("lease_seconds", name="another's")] <= 60


async def test_it_tells_what_of_the_audit_nobody_seals(hardy: Town) -> None:
    entry = AuditEntry(action="table.imported", subject="table:units")
    await hardy.database.run(lambda tx: tx.audit.add(entry))
    assert (await read(hardy))[labelled("audit_unsealed")] == 0
    hardy.hands[0] += timedelta(minutes=2)

    assert (await read(hardy))[labelled("audit_unsealed")] >= 1
    while await hardy.database.run(lambda tx: tx.chain.seal("sealer")):
        pass
    assert (await read(hardy))[labelled("audit_unsealed")] == 0


async def test_it_tells_how_late_a_job_is(hardy: Town) -> None:
    fired = hardy.now - timedelta(minutes=7)
    await hardy.database.run(lambda tx: tx.jobs.claim("sweep", fired, "me"))

    def hourly(last: datetime) -> datetime:
        return last + timedelta(minutes=5)

    found = await read(hardy, Watching(jobs={"sweep": hourly, "never": hourly}))

    assert found[labelled("job_late_seconds", job="sweep")] == 120
    assert found[labelled("job_unfinished", job="sweep")] == 1
    assert found[labelled("job_last_fire_timestamp_seconds", job="sweep")] == fired.timestamp()
    assert labelled("job_late_seconds", job="never") not in found


async def test_nothing_personal_is_told(hardy: Town) -> None:
    await hardy.says("王阿姨", LIGHT)
    async with await client(hardy, Readiness()) as machine:
        text = await (await machine.get("/metrics")).text()
    assert "王阿姨" not in text
    assert "楼道灯" not in text
    assert "sample-resident" not in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_figures_are_not_told_through_a_proxy(hardy: Town, header: str) -> None:
    async with await client(hardy, Readiness()) as machine:
        answer = await machine.get("/metrics", headers={header: "127.0.0.1"})
        assert answer.status == 404


async def test_figures_are_told_to_named_machines_only(hardy: Town) -> None:
    elsewhere = Watching(readers=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
    async with await client(hardy, Readiness(), elsewhere) as machine:
        assert (await machine.get("/metrics")).status == 404
        assert (await machine.get("/healthz")).status == 200
