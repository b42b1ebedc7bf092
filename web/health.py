"""Whether the process is alive, whether it can take messages, and how the service stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from storage.database import Database, Unavailable
from storage.figures import Figures, figures

Network = IPv4Network | IPv6Network

THIS_MACHINE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
# Whoever sends one of these comes through a proxy, and its address says nothing.
THROUGH_A_PROXY = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


@dataclass(slots=True)
class Readiness:
    """`ready` is set once everything is loaded, and cleared when the process begins to stop."""

    ready: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What `/metrics` must know of its process, and who may read it."""

    version: str = ""
    owner: str = ""  # as leases name this process
    # Of every job: when it should run next after it ran then.
    jobs: Mapping[str, Callable[[datetime], datetime | None]] = field(default_factory=dict)
    readers: tuple[Network, ...] = THIS_MACHINE


def health_routes(
    database: Database, readiness: Readiness, watching: Watching = Watching()
) -> Iterable[web.AbstractRouteDef]:
    """`/healthz`: the process answers. `/readyz`: 200 when messages can be committed, else 503.

    `/metrics`: how the service stands, for Prometheus and for those machines alone that may know;
    all others, and whoever comes through a proxy, hear that there is nothing.
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

    async def metrics(request: web.Request) -> web.Response:
        if not _may_read(request, watching.readers):
            raise web.HTTPNotFound
        body = generate_latest() + await _standing(database, watching)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return (
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", metrics),
    )


def _may_read(request: web.Request, readers: tuple[Network, ...]) -> bool:
    if any(header in request.headers for header in THROUGH_A_PROXY):
        return False
    try:
        peer = ip_address(request.remote or "")
    except ValueError:  # a Unix socket has no address
        return False
    return any(peer.version == network.version and peer in network for network in readers)


async def _standing(database: Database, watching: Watching) -> bytes:
    """The figures of the database; without it only that it is away."""
    try:
        found = await database.read(lambda tx: figures(tx, watching.jobs))
    except Unavailable:
        found = None
    registry = CollectorRegistry()
    registry.register(_Figures(found, watching))
    return generate_latest(registry)


class _Figures(Collector):
    """The figures of one moment, as Prometheus wants them."""

    def __init__(self, found: Figures | None, watching: Watching) -> None:
        self._found = found
        self._watching = watching

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("xiaoqi_build_info", "Which version runs.", labels=["version"])
        build.add_metric([self._watching.version], 1)
        yield build
        yield _gauge("database_up", "Whether the database answers.", int(self._found is not None))
        if self._found is not None:
            yield from _queues(self._found)
            yield from _holders(self._found, self._watching.owner)
            yield from _runs(self._found, self._watching.jobs)


def _queues(found: Figures) -> Iterator[Metric]:
    yield _gauge("inbox_waiting", "Messages accepted, not handled yet.", found.inbox_waiting)
    yield _gauge("inbox_oldest_seconds", "Age of the oldest of them.", found.inbox_oldest)
    yield _gauge("dead_letters", "Messages given up.", found.dead_letters)
    yield _gauge("unknown_sends", "Sends nobody knows the outcome of.", found.unknown_sends)
    yield _gauge("untold_orders", "Orders nobody could be told of.", found.untold_orders)
    yield _gauge(
        "audit_unsealed", "Audit entries unsealed for over a minute.", found.audit_unsealed
    )
    yield _gauge("attachments_waiting", "Files not fetched yet.", found.attachments_waiting)
    labels = ["channel", "lane", "state"]
    waiting = GaugeMetricFamily("xiaoqi_outbox", "Messages not sent yet.", labels=labels)
    oldest = GaugeMetricFamily(
        "xiaoqi_outbox_oldest_seconds", "Age of the oldest queued one.", labels=labels[:2]
    )
    for queue in found.outbox:
        waiting.add_metric([queue.channel, queue.lane, queue.state], queue.count)
        if queue.oldest:
            oldest.add_metric([queue.channel, queue.lane], queue.oldest)
    yield waiting
    yield oldest
    yield _gauge("database_bytes", "Size of the database.", found.database_bytes)
    yield _gauge("disk_free_bytes", "Room on the disk of the database.", found.free_bytes)


def _holders(found: Figures, owner: str) -> Iterator[Metric]:
    left = GaugeMetricFamily(
        "xiaoqi_lease_seconds", "Time a lease has left; below 0 nobody has it.", labels=["name"]
    )
    mine = GaugeMetricFamily(
        "xiaoqi_lease_held", "Whether this process has the lease.", labels=["name"]
    )
    for hold in found.leases:
        left.add_metric([hold.name], hold.seconds)
        mine.add_metric([hold.name], int(hold.owner == owner and hold.seconds > 0))
    yield left
    yield mine


def _runs(
    found: Figures, jobs: Mapping[str, Callable[[datetime], datetime | None]]
) -> Iterator[Metric]:
    last = GaugeMetricFamily(
        "xiaoqi_job_last_fire_timestamp_seconds", "Latest fire time taken.", labels=["job"]
    )
    running = GaugeMetricFamily(
        "xiaoqi_job_unfinished", "Whether that run is not over.", labels=["job"]
    )
    late = GaugeMetricFamily(
        "xiaoqi_job_late_seconds", "How long the next run is overdue.", labels=["job"]
    )
    for run in found.runs:
        due = jobs[run.job](run.fire_time)
        last.add_metric([run.job], run.fire_time.timestamp())
        running.add_metric([run.job], int(run.finished_at is None))
        overdue = 0.0 if due is None else (found.at - due).total_seconds()
        late.add_metric([run.job], max(0.0, overdue))
    yield from (last, running, late)


def _gauge(name: str, says: str, value: float | None) -> Metric:
    return GaugeMetricFamily(f"xiaoqi_{name}", says, value=value)
