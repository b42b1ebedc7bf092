"""Whether the process is alive, and whether it can take messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from storage.database import Database, Unavailable


@dataclass(slots=True)
class Readiness:
    """Set once everything is loaded, cleared when the process begins to stop."""

    ready: bool = False


def health_routes(database: Database, readiness: Readiness) -> Iterable[web.AbstractRouteDef]:
    """`/healthz`: the process answers. `/readyz`: 200 when messages can be committed, else 503.

    `/metrics`: what was counted, for Prometheus.
    """

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_: web.Request) -> web.Response:
        try:
            await database.run(lambda tx: tx.database_now(), first=True)
        except Unavailable:
            return web.json_response({"ready": False, "database": False}, status=503)
        status = 200 if readiness.ready else 503
        return web.json_response({"ready": readiness.ready, "database": True}, status=status)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return (
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", metrics),
    )
