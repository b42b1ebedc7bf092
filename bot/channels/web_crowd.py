"""How much one address, and one visitor, may send to the page: nobody there has an account.

A visitor costs nothing until they say something, so what is counted are the words, files and
newcomers of an address. A whole estate may share one address, so the limits of an address are
wide; those of a visitor are what a person can type. What is refused is told in words and with
429, on which the page sends it again by itself. Nothing that people type at their own speed gets
here; how fast what was accepted is handled is another question (handlers/flooding.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

from bot.channels.web_reading import Refusal
from domain.flooding import Pace
from storage.transaction import Transaction

FORWARDED = "X-Forwarded-For"
ONE_SITE = 64  # bits of an IPv6 address that one household or server has to itself

BY_VISITOR = Pace(rate=1.0, burst=60)
BY_ADDRESS = Pace(rate=10.0, burst=600)
NEWCOMERS = Pace(rate=0.2, burst=100)
FILES_BY_VISITOR = Pace(rate=0.1, burst=30)
FILES_BY_ADDRESS = Pace(rate=1.0, burst=200)

Networks = Sequence[IPv4Network | IPv6Network]


def networks(listed: str) -> Networks:
    """The networks of a setting, divided by commas. Raises ValueError."""
    return tuple(ip_network(one.strip()) for one in listed.split(",") if one.strip())


def address_of(request: web.Request, proxies: Networks) -> str:
    """Where the request comes from, as far as that is known; empty where a proxy of ours does not
    say.

    Only what the nearest proxy wrote is believed, which is the last entry: the ones before it are
    the sender's own words.
    """
    address = _shown(request.remote or "")
    if address and any(ip_address(address) in network for network in proxies):
        address = _shown(request.headers.get(FORWARDED, "").rpartition(",")[2].strip())
    if not address:
        return ""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, ONE_SITE), strict=False))
    return address


def let_in(tx: Transaction, visitor: str, address: str, *, newcomer: bool) -> None:
    """Takes what a message costs. Raises Refusal when there were too many."""
    costs = {f"visitor:{visitor}": BY_VISITOR}
    if address:
        costs[f"address:{address}"] = BY_ADDRESS
        if newcomer:
            costs[f"newcomers:{address}"] = NEWCOMERS
    _take(tx, costs)


def let_in_file(tx: Transaction, visitor: str, address: str) -> None:
    """Takes what a file costs, before it is read. Raises Refusal when there were too many."""
    costs = {f"visitor's files:{visitor}": FILES_BY_VISITOR}
    if address:
        costs[f"address's files:{address}"] = FILES_BY_ADDRESS
    _take(tx, costs)


def _take(tx: Transaction, costs: Mapping[str, Pace]) -> None:
    if not tx.rules.limits.paces.enabled:
        return
    buckets = tx.buckets.lock(*costs)
    wait = max(buckets[name].wait(pace, tx.now) for name, pace in costs.items())
    if wait:
        raise Refusal("web.too_fast", status=429, after=max(round(wait.total_seconds()), 1))
    tx.buckets.save({name: buckets[name].less_one(pace, tx.now) for name, pace in costs.items()})


def _shown(address: str) -> str:
    """An address in its plain form; empty when it is none."""
    try:
        parsed = ip_address(address.strip("[]"))
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)
