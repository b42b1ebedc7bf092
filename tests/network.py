"""Keeps tests on this machine: loopback addresses and Unix sockets only."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

import pytest

_LOCAL_NAMES = {"", "localhost", "0.0.0.0", "::"}


class OutsideWorldError(RuntimeError):
    """A test tried to reach an address beyond this machine."""


def is_local(host: object) -> bool:
    """Say whether a host as given to the socket functions stays on this machine."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _refuse_the_outside(event: str, args: tuple[Any, ...]) -> None:
    match event:
        case "socket.connect" | "socket.sendto":
            address = args[1]
            if isinstance(address, tuple) and not is_local(address[0]):
                raise OutsideWorldError(f"{event} {address}")
        case "socket.getaddrinfo" | "socket.gethostbyname":
            if not is_local(args[0]):
                raise OutsideWorldError(f"{event} {args[0]!r}")


def pytest_configure(config: pytest.Config) -> None:
    """Watch every connection of this process, whichever library makes it."""
    sys.addaudithook(_refuse_the_outside)
