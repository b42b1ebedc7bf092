"""Whether the process is alive, and whether it can take messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from storage.database import Database, Unavailable


@dataclass(slots=True)
class Readiness:
    """Set once everything is loaded, cleared when the process begins to stop."""

    ready: bool = False


def health_routes(database: Database, readiness: Readiness) -> Iterable[web.AbstractRouteDef]:
    """`/healthz`: the process answers. `/readyz`: 200 when messages can be committed, else 503."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def readyz(_: web.Request) -> web.Response:
        try:
            await database.read(lambda tx: tx.database_now())
        except Unavailable:
            return web.json_response({"ready": False, "database": False}, status=503)
        status = 200 if readiness.ready else 503
        return web.json_response({"ready": readiness.ready, "database": True}, status=status)

    return (web.get("/healthz", healthz), web.get("/readyz", readyz))
