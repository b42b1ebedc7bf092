"""What a machine can ask the service about itself."""

from __future__ import annotations

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.flow.means import LIGHT
from tests.town import Town
from web.health import Readiness, health_routes


async def client(town: Town, readiness: Readiness) -> TestClient[web.Request, web.Application]:
    application = web.Application()
    application.add_routes(health_routes(town.database, readiness))
    return TestClient(TestServer(application))


async def test_it_is_ready_only_once_everything_is_loaded(hardy: Town) -> None:
    readiness = Readiness()
    async with await client(hardy, readiness) as machine:
        assert (await machine.get("/healthz")).status == 200
        assert (await machine.get("/readyz")).status == 503
        readiness.ready = True
        assert (await machine.get("/readyz")).status == 200


async def test_it_counts_what_it_heard_and_delivered(hardy: Town) -> None:
    inbound = hardy.inbound("王阿姨", LIGHT)
    await hardy.hears(inbound, inbound)
    async with await client(hardy, Readiness()) as machine:
        figures = await (await machine.get("/metrics")).text()
    for outcome in ("accepted", "repeated"):
        assert f'xiaoqi_heard_total{{channel="web",outcome="{outcome}"}}' in figures
    assert 'xiaoqi_delivered_total{channel="web",outcome="sent"}' in figures
